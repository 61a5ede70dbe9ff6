UPDATE jobs SET root_id = id WHERE id = :id
