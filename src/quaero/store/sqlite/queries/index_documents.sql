INSERT INTO documents_text_next (rowid, title, markdown, url)
SELECT d.id, d.title, d.markdown, d.url FROM documents d
WHERE d.id IN (SELECT value FROM json_each(:ids)) ORDER BY d.id
