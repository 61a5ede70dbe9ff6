DELETE FROM answers WHERE question IN (SELECT question FROM answers WHERE at < :before LIMIT :limit) RETURNING 1
