UPDATE progress SET dirty = 1 WHERE job_id = :job_id
