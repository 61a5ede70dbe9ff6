UPDATE jobs SET
  state = 'pending', run_at = :run_at, attempt = attempt - :uncounted, lost_leases = lost_leases + :lost,
  suspicion = suspicion + :suspicion,
  lease_owner = NULL, lease_until = NULL, error_code = :error_code, error = :error
WHERE id = :id AND lease_number = :lease_number AND state = 'running'
RETURNING id, root_id, parent_id, depth, lease_number
