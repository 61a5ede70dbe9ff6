UPDATE progress SET dirty = 0 WHERE job_id = :job_id
