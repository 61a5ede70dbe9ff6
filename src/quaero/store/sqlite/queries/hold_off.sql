INSERT INTO paces (name, next_at) VALUES (:name, :until)
ON CONFLICT (name) DO UPDATE SET next_at = max(paces.next_at, :until)
