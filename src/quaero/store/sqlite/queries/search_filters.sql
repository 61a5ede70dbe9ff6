SELECT d.id, d.source_type, d.url, d.canonical_url, d.title, d.content_hash,
  coalesce((SELECT json_group_array(DISTINCT tag) FROM document_tags t WHERE t.document_id = d.id), '[]'),
  d.metadata, d.created_at, d.updated_at,
  (SELECT r.results FROM results_of_documents r WHERE r.document_id = d.id),
  0.0, substr(d.markdown, 1, 240)
FROM documents d
WHERE (:excluded IS NULL OR d.id NOT IN (SELECT rowid FROM documents_text WHERE documents_text MATCH :excluded))
  AND (:filters = '[]' OR NOT EXISTS (
    SELECT 1 FROM json_each(:filters) f
    WHERE (f.value ->> 'excluded') = EXISTS (
      SELECT 1 FROM json_each(f.value, '$.values') v
      WHERE CASE f.value ->> 'kind'
        WHEN 'url' THEN instr(lower(d.url), lower(v.value)) > 0
        WHEN 'tag' THEN EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = v.value)
        ELSE d.source_type = v.value
      END
    )
  ))
ORDER BY d.updated_at DESC, d.id
LIMIT :limit OFFSET :offset
