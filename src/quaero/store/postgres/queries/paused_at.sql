SELECT paused_at FROM runs WHERE job_id = :job_id
