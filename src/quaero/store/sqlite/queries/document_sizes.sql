SELECT id, length(markdown) FROM documents WHERE id IN (SELECT value FROM json_each(:ids))
