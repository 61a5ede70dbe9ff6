DELETE FROM budgets WHERE name IN (SELECT name FROM budgets WHERE updated_at < :before LIMIT :limit) RETURNING 1
