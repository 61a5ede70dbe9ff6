SELECT id, kind, state FROM jobs INDEXED BY jobs_ready WHERE parent_id = :parent_id AND state = 'pending'
UNION ALL
SELECT id, kind, state FROM jobs INDEXED BY jobs_running WHERE parent_id = :parent_id AND state = 'running'
UNION ALL
SELECT id, kind, state FROM jobs INDEXED BY jobs_held_back WHERE parent_id = :parent_id AND state IN ('waiting', 'paused')
