INSERT INTO runs (job_id, definition_id, definition, deadline)
VALUES (:job_id, :definition_id, :definition, :deadline)
