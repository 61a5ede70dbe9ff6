INSERT INTO paces (name, next_at) VALUES (:name, :until::bigint)
ON CONFLICT (name) DO UPDATE SET next_at = greatest(paces.next_at, :until::bigint)
