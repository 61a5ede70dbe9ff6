SELECT (SELECT count(*) FROM answers WHERE at < :answers::bigint), (SELECT count(*) FROM budgets WHERE updated_at < :budgets::bigint),
  (SELECT count(*) FROM paces WHERE next_at < :budgets::bigint)
