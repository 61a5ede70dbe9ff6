INSERT INTO runs (job_id, definition_id, definition, launch_key, launched_by, origin_id)
VALUES (:job_id, :definition_id, :definition, :launch_key, :launched_by, :origin_id)
