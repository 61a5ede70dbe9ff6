INSERT INTO paces (name, next_at) VALUES (:name, :now + :interval_ms)
ON CONFLICT (name) DO UPDATE SET next_at = max(paces.next_at, :now) + :interval_ms
RETURNING next_at - :interval_ms
