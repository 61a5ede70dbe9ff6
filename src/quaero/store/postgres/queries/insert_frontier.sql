INSERT INTO frontier (parent_id, dedupe_key, type, name, config, depth, priority, host, run_at, discovered_by)
SELECT parent_id, dedupe_key, type, name, config, depth, priority, host, run_at, discovered_by
FROM ROWS FROM (json_to_recordset(:rows::json) AS (parent_id bigint, dedupe_key text, type text, name text, config text,
  depth bigint, priority bigint, host text, run_at bigint, discovered_by bigint)) WITH ORDINALITY AS child
  (parent_id, dedupe_key, type, name, config, depth, priority, host, run_at, discovered_by, place)
ORDER BY place
