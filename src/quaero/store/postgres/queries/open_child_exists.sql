SELECT 1 WHERE EXISTS (SELECT 1 FROM jobs WHERE parent_id = :parent_id AND state = 'pending')
  OR EXISTS (SELECT 1 FROM jobs WHERE parent_id = :parent_id AND state = 'running')
  OR EXISTS (SELECT 1 FROM jobs WHERE parent_id = :parent_id AND state IN ('waiting', 'paused'))
