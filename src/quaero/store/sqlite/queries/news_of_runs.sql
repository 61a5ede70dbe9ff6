SELECT r.job_id, r.last_event, r.pruned_events, j.state, j.reopened, j.created_at
FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE r.job_id IN (SELECT value FROM json_each(:known))
ORDER BY r.job_id
