UPDATE jobs SET lease_until = :lease_until
WHERE id = :id AND lease_number = :lease_number AND state = 'running' AND lease_owner IS NOT NULL
RETURNING id, lease_number
