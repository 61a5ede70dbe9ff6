DELETE FROM frontier WHERE parent_id = :parent_id RETURNING id
