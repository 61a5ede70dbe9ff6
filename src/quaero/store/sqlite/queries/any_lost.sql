SELECT 1 FROM jobs
WHERE state = 'running' AND lease_owner IS NOT NULL
  AND (lease_until <= :ticks OR lease_owner IN (SELECT value FROM json_each(:dead_owners)))
UNION ALL
SELECT 1 FROM processes WHERE owner IN (SELECT value FROM json_each(:dead_owners))
LIMIT 1
