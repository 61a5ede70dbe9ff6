DELETE FROM definitions WHERE id = :id RETURNING body, source
