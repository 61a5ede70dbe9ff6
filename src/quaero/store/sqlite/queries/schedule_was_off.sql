-- Whether the definition was switched off or scheduled otherwise for a while, since it was last looked at.
SELECT 1 FROM definition_versions
WHERE definition_id = :definition_id AND number > :version AND (NOT json_extract(body, '$.enabled')
  OR json_extract(body, '$.schedule') IS NOT :cron
  OR coalesce(json_extract(body, '$.timezone'), :timezone) <> :timezone)
LIMIT 1
