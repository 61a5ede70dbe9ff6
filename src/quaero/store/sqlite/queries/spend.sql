INSERT INTO budgets (name, spent, updated_at)
SELECT :name, :amount, :now WHERE :amount <= :most
ON CONFLICT (name) DO UPDATE SET spent = budgets.spent + :amount, updated_at = :now
WHERE budgets.spent + :amount <= :most
RETURNING spent
