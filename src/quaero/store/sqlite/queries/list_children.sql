SELECT id, root_id, parent_id, kind, type, name, state, config, depth, discovered_by, attempt,
  lost_leases, lease_number, lease_owner, run_at, created_at, started_at, finished_at, error_code, error, note, priority, host
FROM jobs
WHERE parent_id = :parent_id AND id > :after
  AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
ORDER BY id
LIMIT :limit OFFSET :offset
