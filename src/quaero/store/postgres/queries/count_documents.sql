SELECT count(*) FROM documents d
WHERE {document_filter}
