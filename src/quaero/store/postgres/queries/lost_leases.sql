SELECT id, lease_number, lease_owner, lost_leases, suspicion FROM jobs
WHERE state = 'running' AND lease_owner IS NOT NULL
  AND (lease_until <= :ticks OR lease_owner = ANY (ARRAY(SELECT json_array_elements_text(:dead_owners::json))))
ORDER BY id
