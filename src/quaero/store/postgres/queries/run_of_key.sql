SELECT job_id, definition_id FROM runs WHERE launch_key = :launch_key
