SELECT count(*) FROM documents d
WHERE (:source_type::text IS NULL OR d.source_type = :source_type)
  AND (:tag::text IS NULL OR EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = :tag))
  AND (:url_part::text IS NULL OR strpos(d.url, :url_part) > 0)
