SELECT r.definition_id, r.definition, r.deadline, r.last_event FROM runs r WHERE r.job_id = :job_id
