-- Once, however many servers try: whoever comes second finds another next_at.
UPDATE schedules SET next_at = :following
WHERE definition_id = :definition_id AND cron = :cron AND timezone = :timezone AND next_at = :due
RETURNING definition_id
