INSERT INTO progress (job_id, root_id, step) VALUES (:job_id, :root_id, :step)
