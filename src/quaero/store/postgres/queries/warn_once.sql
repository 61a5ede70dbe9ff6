UPDATE jobs SET note = :note WHERE id = :id AND note IS NULL RETURNING id
