-- I5: what a run waits for is there.
SELECT n.run_id, 'needs ' || n.needs_id || ', which is no run'
FROM run_needs n JOIN jobs j ON j.id = n.run_id LEFT JOIN runs needed ON needed.job_id = n.needs_id
WHERE needed.job_id IS NULL AND j.state IN ('waiting', 'pending', 'running', 'paused')
