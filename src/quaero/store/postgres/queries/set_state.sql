UPDATE jobs SET state = :state WHERE id = :id
