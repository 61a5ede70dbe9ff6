UPDATE jobs SET note = :note WHERE id = :id
