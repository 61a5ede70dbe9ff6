INSERT INTO jobs (root_id, parent_id, kind, type, name, state, config, depth, discovered_by, priority, host, run_at, created_at)
SELECT :root_id::bigint, :parent_id::bigint, 'child', value ->> 0, value ->> 1, 'pending', value ->> 2, :depth::bigint,
  :discovered_by::bigint, (value ->> 3)::bigint, value ->> 4, (value ->> 5)::bigint, :now::bigint
FROM json_array_elements(:children::json) WITH ORDINALITY children (value, place)
ORDER BY place
RETURNING id
