DELETE FROM documents WHERE id = :id RETURNING id
