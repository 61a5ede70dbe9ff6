UPDATE progress SET deadline = :now + timeout WHERE job_id = :job_id AND timeout IS NOT NULL AND deadline IS NULL
