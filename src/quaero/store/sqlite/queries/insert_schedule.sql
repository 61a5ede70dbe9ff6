INSERT INTO schedules (definition_id, cron, timezone, version, next_at, error)
VALUES (:definition_id, :cron, :timezone, :version, :next_at, :error)
ON CONFLICT (definition_id) DO NOTHING
