DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < :before::bigint LIMIT :limit) RETURNING 1
