SELECT id, root_id, parent_id, kind, type, name, state, depth, discovered_by, host, priority, run_at, attempt, lost_leases,
  reopened, created_at, started_at, finished_at, error_code, error, note, config
FROM jobs WHERE id > :after ORDER BY id LIMIT :limit
