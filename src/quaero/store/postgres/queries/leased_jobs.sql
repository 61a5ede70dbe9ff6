SELECT id, lease_number FROM jobs WHERE state = 'running' AND lease_owner IS NOT NULL
ORDER BY id
