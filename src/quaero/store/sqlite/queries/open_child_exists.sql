SELECT 1 FROM jobs WHERE parent_id = :parent_id
  AND state IN ('waiting', 'pending', 'running', 'paused') LIMIT 1
