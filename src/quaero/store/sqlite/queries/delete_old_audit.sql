DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < :before LIMIT :limit) RETURNING 1
