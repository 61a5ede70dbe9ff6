DELETE FROM documents WHERE root_id = :root_id RETURNING id
