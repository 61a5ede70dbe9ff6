SELECT j.type, sum(p.completed), sum(p.failed), sum(p.cancelled) FROM progress p JOIN jobs j ON j.id = p.job_id
WHERE p.step IS NOT NULL GROUP BY j.type ORDER BY j.type
