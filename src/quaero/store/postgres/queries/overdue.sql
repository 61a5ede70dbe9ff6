SELECT p.job_id, p.timeout FROM progress p JOIN jobs root ON root.id = p.root_id
WHERE p.deadline <= :now AND root.state <> 'paused'
ORDER BY p.job_id
