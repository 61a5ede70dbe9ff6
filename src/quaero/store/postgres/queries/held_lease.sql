SELECT 1 FROM jobs WHERE id = :id AND lease_number = :lease_number AND state = 'running' AND lease_owner IS NOT NULL
