-- I9, I21: only running jobs are leased, and only to someone.
SELECT id, 'has half a lease' FROM jobs
WHERE (lease_owner IS NULL) <> (lease_until IS NULL) OR (lease_owner IS NOT NULL AND state <> 'running')
UNION ALL
SELECT id, 'runs without a lease' FROM jobs WHERE kind = 'child' AND state = 'running' AND lease_owner IS NULL
