SELECT {job_columns}
FROM jobs j
WHERE j.state = 'running' AND j.lease_owner IS NOT NULL
ORDER BY j.parent_id, j.started_at, j.id
LIMIT :limit
