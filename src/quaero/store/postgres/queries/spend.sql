INSERT INTO budgets (name, spent, updated_at)
SELECT :name, :amount::double precision, :now::bigint WHERE :amount::double precision <= :most::double precision
ON CONFLICT (name) DO UPDATE SET spent = budgets.spent + :amount::double precision, updated_at = :now::bigint
WHERE budgets.spent + :amount::double precision <= :most::double precision
RETURNING spent
