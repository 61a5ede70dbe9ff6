SELECT id, root_id, number, at, type, job_id, data FROM events WHERE id > :after ORDER BY id LIMIT :limit
