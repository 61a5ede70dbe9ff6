SELECT 1 FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE j.state IN ('waiting', 'pending', 'running')
ORDER BY r.job_id DESC
LIMIT 1
