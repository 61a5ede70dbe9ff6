SELECT root_id, number, at, type, job_id, data FROM events
WHERE root_id = :root_id AND job_id = :job_id AND type <> 'parent_job_progress' ORDER BY number DESC LIMIT :limit
