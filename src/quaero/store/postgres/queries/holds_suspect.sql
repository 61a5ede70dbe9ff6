SELECT 1 FROM jobs
WHERE state = 'running' AND lease_owner = :owner AND suspicion >= :suspect_from
LIMIT 1
