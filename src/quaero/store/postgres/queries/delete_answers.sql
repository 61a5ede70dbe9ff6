DELETE FROM answers WHERE question IN (SELECT question FROM answers WHERE at < :before::bigint LIMIT :limit) RETURNING 1
