SELECT {document_columns},
  0.0, substr(d.markdown, 1, 240)
FROM documents d
WHERE (:excluded IS NULL OR d.id NOT IN (SELECT rowid FROM documents_text WHERE documents_text MATCH :excluded))
  AND {search_filter}
ORDER BY d.updated_at DESC, d.id
LIMIT :limit OFFSET :offset
