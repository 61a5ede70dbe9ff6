SELECT {document_columns}, d.markdown
FROM documents d WHERE d.id = :id
