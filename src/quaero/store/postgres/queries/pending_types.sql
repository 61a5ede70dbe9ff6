SELECT DISTINCT j.type FROM progress p CROSS JOIN LATERAL (
  SELECT type FROM jobs WHERE parent_id = p.job_id AND state = 'pending' ORDER BY priority, run_at LIMIT :of_each
) j
WHERE p.root_id = :root_id AND p.pending > 0
