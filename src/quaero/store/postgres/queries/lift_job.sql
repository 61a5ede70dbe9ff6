UPDATE jobs SET depth = :depth, priority = :priority WHERE id = :id
