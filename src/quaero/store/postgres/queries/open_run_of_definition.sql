SELECT j.id FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE r.definition_id = :definition_id AND j.state IN ('waiting', 'pending', 'running', 'paused')
ORDER BY j.id DESC LIMIT 1
