UPDATE jobs SET
  state = 'running', attempt = attempt + 1, lease_number = lease_number + 1, lease_owner = :owner,
  lease_until = :lease_until, started_at = coalesce(started_at, greatest(:now, created_at)), error_code = NULL, error = NULL
WHERE id = ANY (ARRAY(SELECT json_array_elements_text(:ids::json)::bigint))
RETURNING id, root_id, parent_id, kind, type, name, state, config, depth, discovered_by, attempt, lost_leases,
  lease_number, lease_owner, run_at, created_at, started_at, finished_at, error_code, error, note, priority, host
