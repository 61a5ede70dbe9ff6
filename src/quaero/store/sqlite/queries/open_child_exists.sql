SELECT 1 WHERE EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_ready WHERE parent_id = :parent_id AND state = 'pending')
  OR EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_running WHERE parent_id = :parent_id AND state = 'running')
  OR EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_held_back WHERE parent_id = :parent_id AND state IN ('waiting', 'paused'))
