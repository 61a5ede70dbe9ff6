UPDATE schedules SET cron = :cron, timezone = :timezone, version = :version, next_at = :next_at, error = :error
WHERE definition_id = :definition_id AND cron = :old_cron AND timezone = :old_timezone AND version = :old_version
  AND next_at IS NOT DISTINCT FROM :old_next_at::bigint
