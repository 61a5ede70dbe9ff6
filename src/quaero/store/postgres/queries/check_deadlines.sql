-- I21: only what is open has a deadline, and only what has a timeout.
SELECT p.job_id, 'has a deadline and is ' || j.state
FROM progress p JOIN jobs j ON j.id = p.job_id
WHERE p.deadline IS NOT NULL
  AND (j.state IN ('completed', 'failed', 'cancelled', 'skipped') OR p.timeout IS NULL)
