SELECT j.id, j.state, p.plan_closed FROM progress p JOIN jobs j ON j.id = p.job_id
WHERE p.root_id = :root_id AND p.step IS NOT NULL
ORDER BY p.step
