UPDATE progress SET deadline = :deadline WHERE job_id = :job_id
