SELECT j.id, j.root_id, j.parent_id, j.kind, j.type, j.name, j.state, j.config, j.depth, j.discovered_by, j.attempt,
  j.lost_leases, j.lease_number, j.lease_owner, j.run_at, j.created_at, j.started_at, j.finished_at, j.error_code, j.error, j.note, j.priority, j.host
FROM progress p JOIN jobs j ON j.parent_id = p.job_id
WHERE p.root_id = :root_id AND p.step IS NOT NULL AND j.state = 'running'
ORDER BY j.started_at, j.id
LIMIT :limit
