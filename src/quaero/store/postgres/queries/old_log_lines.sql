-- Log lines of runs that ended long ago, with their jobs.
SELECT l.id, l.job_id FROM log_lines l JOIN jobs j ON j.id = l.job_id JOIN jobs root ON root.id = j.root_id
WHERE l.id > :after AND root.finished_at <= :before
ORDER BY l.id LIMIT :limit
