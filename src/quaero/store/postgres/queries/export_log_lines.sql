SELECT id, job_id, number, at, level, message FROM log_lines WHERE id > :after ORDER BY id LIMIT :limit
