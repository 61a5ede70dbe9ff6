SELECT {document_columns}
FROM documents d
WHERE {document_filter}
  AND (:before_at::bigint IS NULL OR (d.updated_at, d.id) < (:before_at::bigint, :before_id::bigint))
ORDER BY d.updated_at DESC, d.id DESC LIMIT :limit
