-- Nothing for a definition that was changed or deleted since it was read. Version 0: a system definition.
INSERT INTO schedules (definition_id, cron, timezone, version, next_at, error)
SELECT :definition_id::text, :cron::text, :timezone::text, :version::bigint, :next_at::bigint, :error::text
WHERE :version = 0 OR EXISTS (SELECT 1 FROM definitions WHERE id = :definition_id AND version = :version)
ON CONFLICT (definition_id) DO NOTHING
