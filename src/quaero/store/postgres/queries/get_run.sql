SELECT r.definition, p.deadline, r.last_event, r.pruned_events, r.launched_by, r.origin_id, r.paused_at
FROM runs r JOIN progress p ON p.job_id = r.job_id
WHERE r.job_id = :job_id
