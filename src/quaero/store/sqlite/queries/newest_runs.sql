SELECT r.job_id, j.created_at FROM runs r JOIN jobs j ON j.id = r.job_id
ORDER BY r.job_id DESC LIMIT :limit
