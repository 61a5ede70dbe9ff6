SELECT id, body, enabled, version FROM definitions
WHERE CASE WHEN json_valid(body) THEN json_extract(body, '$.schedule') IS NOT NULL ELSE 1 END
  OR id IN (SELECT definition_id FROM schedules)
ORDER BY id
