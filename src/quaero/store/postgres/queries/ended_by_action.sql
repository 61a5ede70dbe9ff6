SELECT j.type, sum(p.completed)::bigint, sum(p.failed)::bigint, sum(p.cancelled)::bigint FROM progress p JOIN jobs j ON j.id = p.job_id
WHERE p.step IS NOT NULL GROUP BY j.type ORDER BY j.type COLLATE "C"
