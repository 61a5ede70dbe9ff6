SELECT body, source, origin, created_at, updated_at, edited, version FROM definitions WHERE id = :id
