SELECT name, hosts, kind, created_at, updated_at FROM credentials WHERE name > :after ORDER BY name LIMIT :limit
