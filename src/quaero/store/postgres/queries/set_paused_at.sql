UPDATE runs SET paused_at = :paused_at WHERE job_id = :job_id
