SELECT count(*) FROM documents d
WHERE (:source_type IS NULL OR d.source_type = :source_type)
  AND (:tag IS NULL OR EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = :tag))
  AND (:url_part IS NULL OR instr(d.url, :url_part) > 0)
