SELECT d.id, d.source_type, d.canonical_url, d.url, d.title, d.content_hash, d.created_at, d.updated_at, d.checked_at, d.job_id,
  d.root_id,
  (SELECT json_group_array(json_object('tag', t.tag, 'definition_id', t.definition_id) ORDER BY t.tag, t.definition_id)
   FROM document_tags t WHERE t.document_id = d.id),
  d.metadata, coalesce((SELECT r.results FROM results_of_documents r WHERE r.document_id = d.id), '{}'), d.markdown
FROM documents d WHERE d.id > :after ORDER BY d.id LIMIT :limit
