SELECT job_id FROM progress WHERE dirty = 1 AND root_id = :root_id ORDER BY job_id DESC
