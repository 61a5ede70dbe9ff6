SELECT job_id, definition_id, launch_request FROM runs WHERE launch_key = :launch_key
