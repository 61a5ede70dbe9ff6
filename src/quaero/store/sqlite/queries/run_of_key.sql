SELECT job_id FROM runs WHERE launch_key = :launch_key
