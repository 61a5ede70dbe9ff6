SELECT id, type, host, suspicion >= :suspect_from FROM jobs
WHERE parent_id = :parent_id AND state = 'pending' AND run_at <= :now
  AND type IN (SELECT value FROM json_each(:types))
  AND (host IS NULL OR host NOT IN (SELECT value FROM json_each(:full_hosts)))
  AND (:suspects OR suspicion < :suspect_from)
  AND id NOT IN (SELECT value FROM json_each(:skip))
ORDER BY priority, run_at, id
LIMIT :limit
