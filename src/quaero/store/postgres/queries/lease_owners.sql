SELECT lease_owner FROM jobs WHERE state = 'running' AND lease_owner IS NOT NULL
UNION
SELECT owner FROM processes
