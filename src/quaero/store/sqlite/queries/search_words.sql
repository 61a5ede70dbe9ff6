SELECT {document_columns},
  -rank, substr(d.markdown, 1, 1000000)
FROM documents_text JOIN documents d ON d.id = documents_text.rowid
WHERE documents_text MATCH :match AND rank MATCH 'bm25(4.0, 1.0, 1.0)'
  AND {search_filter}
ORDER BY rank
LIMIT :limit OFFSET :offset
