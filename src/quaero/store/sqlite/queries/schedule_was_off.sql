-- Whether the definition was gone, switched off or planned otherwise for a while, since it was last looked at.
SELECT 1 FROM definition_versions
WHERE definition_id = :definition_id AND number > :version AND (change = 'deleted'
  OR NOT json_extract(body, '$.enabled') OR json_extract(body, '$.schedule') IS NOT :cron)
LIMIT 1
