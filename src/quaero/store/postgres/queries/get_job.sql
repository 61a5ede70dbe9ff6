SELECT id, root_id, parent_id, kind, type, name, state, config, depth, discovered_by, attempt, lost_leases,
  lease_number, lease_owner, run_at, created_at, started_at, finished_at, error_code, error, note, priority, host
FROM jobs WHERE id = :id
