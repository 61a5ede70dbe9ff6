SELECT name, hosts, kind, sealed, key_id, created_at, updated_at FROM credentials
WHERE :name IS NULL OR name = :name ORDER BY name
