INSERT INTO runs (job_id, definition_id, definition, launch_key, launch_request, launched_by, origin_id)
VALUES (:job_id, :definition_id, :definition, :launch_key, :launch_request, :launched_by, :origin_id)
