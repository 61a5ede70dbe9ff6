UPDATE documents SET url = :url, checked_at = :now, job_id = :job_id, root_id = :root_id WHERE id = :id
