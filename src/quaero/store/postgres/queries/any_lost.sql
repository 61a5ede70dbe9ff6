SELECT 1 FROM jobs
WHERE state = 'running' AND lease_owner IS NOT NULL
  AND (lease_until <= :ticks OR lease_owner = ANY (ARRAY(SELECT json_array_elements_text(:dead_owners::json))))
UNION ALL
SELECT 1 FROM processes WHERE owner = ANY (ARRAY(SELECT json_array_elements_text(:dead_owners::json)))
LIMIT 1
