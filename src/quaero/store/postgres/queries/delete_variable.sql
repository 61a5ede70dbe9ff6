DELETE FROM variables WHERE name = :name RETURNING name
