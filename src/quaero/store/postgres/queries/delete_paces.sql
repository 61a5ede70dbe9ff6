DELETE FROM paces WHERE name IN (SELECT name FROM paces WHERE next_at < :before::bigint LIMIT :limit) RETURNING 1
