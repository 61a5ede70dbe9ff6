INSERT INTO documents_text (documents_text, rank) VALUES ('merge', :pages)
