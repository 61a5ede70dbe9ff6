INSERT INTO jobs (root_id, parent_id, kind, type, name, state, config, depth, discovered_by, priority, host, run_at, created_at)
SELECT :root_id, :parent_id, 'child', value ->> 0, value ->> 1, 'pending', value ->> 2, :depth, :discovered_by,
  value ->> 3, value ->> 4, value ->> 5, :now
FROM json_each(:children)
ORDER BY key
RETURNING id
