SELECT id, body, enabled, version FROM definitions
WHERE body::json ->> 'schedule' IS NOT NULL
  OR id IN (SELECT definition_id FROM schedules)
ORDER BY id
