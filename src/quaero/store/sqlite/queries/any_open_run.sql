SELECT 1 FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE j.state IN ('waiting', 'pending', 'running')
LIMIT 1
