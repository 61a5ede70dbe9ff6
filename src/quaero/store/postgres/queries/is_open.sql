SELECT 1 FROM jobs WHERE id = :id AND state IN ('waiting', 'pending', 'running', 'paused')
