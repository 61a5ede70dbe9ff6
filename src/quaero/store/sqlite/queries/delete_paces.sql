DELETE FROM paces WHERE name IN (SELECT name FROM paces WHERE next_at < :before LIMIT :limit) RETURNING 1
