SELECT id, body, source, origin, created_at, updated_at FROM definitions
WHERE :origin IS NULL OR origin = :origin ORDER BY id
