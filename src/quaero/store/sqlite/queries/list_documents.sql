SELECT {document_columns}
FROM documents d
WHERE {document_filter}
  AND (:after IS NULL OR d.id > :after)
ORDER BY d.id LIMIT :limit
