SELECT pruned_events FROM runs WHERE job_id = :root_id
