DELETE FROM credentials WHERE name = :name RETURNING name
