SELECT id, kind, state FROM jobs WHERE parent_id = :parent_id AND state = 'pending'
UNION ALL
SELECT id, kind, state FROM jobs WHERE parent_id = :parent_id AND state = 'running'
UNION ALL
SELECT id, kind, state FROM jobs WHERE parent_id = :parent_id AND state IN ('waiting', 'paused')
