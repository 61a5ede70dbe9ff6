SELECT name, value, updated_at FROM variables WHERE name > :after ORDER BY name LIMIT :limit
