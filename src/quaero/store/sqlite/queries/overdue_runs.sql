SELECT r.job_id FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE r.deadline <= :now AND j.state IN ('pending', 'running', 'paused')
