INSERT INTO documents_text (documents_text) VALUES ('rebuild')
