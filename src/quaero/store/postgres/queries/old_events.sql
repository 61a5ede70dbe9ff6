-- Runs that ended long ago and still have events, with how many.
SELECT r.job_id, r.last_event - r.pruned_events FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE r.job_id > :after AND r.pruned_events < r.last_event AND j.finished_at <= :before
ORDER BY r.job_id LIMIT :limit
