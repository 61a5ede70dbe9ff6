SELECT definition_id, cron, timezone, version, next_at, last_planned_at, last_run_id, skipped, error FROM schedules
ORDER BY definition_id
