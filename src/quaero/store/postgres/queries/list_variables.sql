SELECT name, value, updated_at FROM variables WHERE :name::text IS NULL OR name = :name ORDER BY name
