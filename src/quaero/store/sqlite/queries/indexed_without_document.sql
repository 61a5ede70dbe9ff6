SELECT count(*) FROM documents_text_docsize t WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.id = t.id)
