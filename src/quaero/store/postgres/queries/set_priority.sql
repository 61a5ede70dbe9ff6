UPDATE jobs SET priority = :priority WHERE id = :id
