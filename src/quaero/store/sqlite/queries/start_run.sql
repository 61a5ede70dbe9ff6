UPDATE jobs SET state = 'running', started_at = :now
WHERE id = :id AND state = 'pending' RETURNING id
