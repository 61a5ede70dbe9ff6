SELECT min(id), max(id) FROM (SELECT id FROM documents WHERE id > :after ORDER BY id LIMIT :count) page
