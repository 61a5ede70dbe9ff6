UPDATE jobs SET
  state = :state, finished_at = greatest(:now, coalesce(started_at, created_at)), lease_number = lease_number + 1,
  lease_owner = NULL, lease_until = NULL, error_code = :error_code, error = :error
WHERE id = :id
RETURNING coalesce(started_at, finished_at), finished_at
