UPDATE schedules SET last_planned_at = :planned, last_run_id = :run_id, error = NULL
WHERE definition_id = :definition_id
