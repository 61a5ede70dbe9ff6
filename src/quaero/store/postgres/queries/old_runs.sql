-- Runs that ended long ago, and that no open run waits for.
SELECT j.id FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE r.job_id > :after AND j.finished_at <= :before
  AND NOT EXISTS (
    SELECT 1 FROM run_needs n JOIN jobs waiting ON waiting.id = n.run_id
    WHERE n.needs_id = j.id AND waiting.finished_at IS NULL)
ORDER BY r.job_id LIMIT :limit
