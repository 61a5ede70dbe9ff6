SELECT id, version, origin, enabled, edited, created_at, updated_at, body, source FROM definitions
WHERE id > :after ORDER BY id LIMIT :limit
