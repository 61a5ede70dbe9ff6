SELECT 1 FROM sqlite_schema WHERE name = 'documents_text_next'
