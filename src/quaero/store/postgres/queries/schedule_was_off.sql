-- Whether the definition was switched off or scheduled otherwise for a while, since it was last looked at.
SELECT 1 FROM definition_versions
WHERE definition_id = :definition_id AND number > :version AND (body::json ->> 'enabled' = 'false'
  OR body::json ->> 'schedule' IS DISTINCT FROM :cron
  OR coalesce(body::json ->> 'timezone', :timezone) <> :timezone)
LIMIT 1
