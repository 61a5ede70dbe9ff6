SELECT job_id, definition_id, launched_by, origin_id, paused_at FROM runs
WHERE job_id IN (SELECT value FROM json_each(:ids))
