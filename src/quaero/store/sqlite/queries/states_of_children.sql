SELECT waiting, pending, running, paused, completed, failed, cancelled, skipped FROM progress WHERE job_id = :job_id
