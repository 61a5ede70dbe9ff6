SELECT 1 FROM jobs INDEXED BY jobs_running
WHERE state = 'running' AND lease_owner = :owner AND suspicion >= :suspect_from
LIMIT 1
