UPDATE progress SET rate = :rate, rated_at = :now, rated_ended = :ended WHERE job_id = :job_id
