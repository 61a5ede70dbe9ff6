SELECT body, source, origin, created_at, updated_at FROM definitions WHERE id = :id
