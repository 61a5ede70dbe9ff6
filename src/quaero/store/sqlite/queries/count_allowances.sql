SELECT (SELECT count(*) FROM answers WHERE at < :answers), (SELECT count(*) FROM budgets WHERE updated_at < :budgets),
  (SELECT count(*) FROM paces WHERE next_at < :budgets)
