SELECT id, kind, state FROM jobs
WHERE parent_id = :parent_id AND state IN ('waiting', 'pending', 'running', 'paused')
ORDER BY id
