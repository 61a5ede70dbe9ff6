SELECT id, body, source, origin, created_at, updated_at, edited, version FROM definitions
WHERE :origin::text IS NULL OR origin = :origin ORDER BY id
