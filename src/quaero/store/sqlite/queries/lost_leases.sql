SELECT id, lease_number, lease_owner, lost_leases, suspicion FROM jobs
WHERE state = 'running' AND lease_owner IS NOT NULL
  AND (lease_until <= :ticks OR lease_owner IN (SELECT value FROM json_each(:dead_owners)))
ORDER BY +id -- not the order of the table, or all jobs are read
