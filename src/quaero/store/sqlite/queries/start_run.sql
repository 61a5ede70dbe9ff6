UPDATE jobs SET state = 'running', started_at = max(:now, created_at)
WHERE id = :id AND state = 'pending'
RETURNING id
