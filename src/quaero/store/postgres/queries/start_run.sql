UPDATE jobs SET state = 'running', started_at = greatest(:now, created_at)
WHERE id = :id AND state = 'pending'
RETURNING id
