INSERT INTO paces (name, next_at) VALUES (:name, :now::bigint + :interval_ms::bigint)
ON CONFLICT (name) DO UPDATE SET next_at = greatest(paces.next_at, :now::bigint) + :interval_ms::bigint
RETURNING next_at - :interval_ms::bigint
