SELECT job_id, definition_id, launch_key, launched_by, origin_id, paused_at, last_event, pruned_events, definition FROM runs
WHERE job_id > :after ORDER BY job_id LIMIT :limit
