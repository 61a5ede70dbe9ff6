SELECT id, title, markdown, url FROM documents WHERE id > :after ORDER BY id LIMIT 20 FOR SHARE
