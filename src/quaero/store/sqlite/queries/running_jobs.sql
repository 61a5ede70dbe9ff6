SELECT {job_columns}
FROM progress p JOIN jobs j ON j.parent_id = p.job_id
WHERE p.root_id = :root_id AND p.step IS NOT NULL AND j.state = 'running'
ORDER BY j.started_at, j.id
LIMIT :limit
