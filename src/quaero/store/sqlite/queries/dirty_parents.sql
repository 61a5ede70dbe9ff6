SELECT job_id FROM progress WHERE dirty = 1 ORDER BY job_id DESC
