d.id, d.source_type, d.url, d.canonical_url, d.title, d.content_hash,
  coalesce((SELECT json_group_array(DISTINCT tag) FROM document_tags t WHERE t.document_id = d.id), '[]'),
  d.metadata, d.created_at, d.updated_at,
  (SELECT r.results FROM results_of_documents r WHERE r.document_id = d.id)
