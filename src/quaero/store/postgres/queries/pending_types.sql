SELECT DISTINCT j.type FROM progress p JOIN jobs j ON j.id IN (
  SELECT id FROM jobs WHERE parent_id = p.job_id AND state = 'pending' ORDER BY priority, run_at LIMIT :of_each
)
WHERE p.root_id = :root_id AND p.pending > 0
