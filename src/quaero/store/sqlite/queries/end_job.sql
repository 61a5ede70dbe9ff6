UPDATE jobs SET
  state = :state, finished_at = max(:now, coalesce(started_at, created_at)), lease_owner = NULL, lease_until = NULL,
  error_code = :error_code, error = :error, note = :note
WHERE id = :id AND lease_number = :lease_number AND state = 'running'
RETURNING id, root_id, parent_id, depth, lease_number
