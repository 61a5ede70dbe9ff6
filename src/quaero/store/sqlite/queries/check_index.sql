INSERT INTO documents_text (documents_text, rank) VALUES ('integrity-check', 1)
