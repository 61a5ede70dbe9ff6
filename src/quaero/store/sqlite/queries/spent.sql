SELECT spent FROM budgets WHERE name = :name
