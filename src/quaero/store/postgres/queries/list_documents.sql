SELECT d.id, d.source_type, d.url, d.canonical_url, d.title, d.content_hash,
  coalesce((SELECT json_agg(DISTINCT tag)::text FROM document_tags t WHERE t.document_id = d.id), '[]'),
  d.metadata, d.created_at, d.updated_at
FROM documents d
WHERE (:after::bigint IS NULL OR d.id > :after)
  AND (:source_type::text IS NULL OR d.source_type = :source_type)
  AND (:tag::text IS NULL OR EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = :tag))
  AND (:url_part::text IS NULL OR strpos(d.url, :url_part) > 0)
ORDER BY d.id LIMIT :limit
