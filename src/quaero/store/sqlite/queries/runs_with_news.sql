SELECT r.job_id, r.last_event, r.pruned_events, j.state, j.reopened, j.created_at
FROM (
  SELECT id FROM jobs WHERE parent_id IS NULL AND state = 'running'
  UNION SELECT id FROM jobs WHERE parent_id IS NULL AND state = 'pending'
  UNION SELECT id FROM jobs WHERE parent_id IS NULL AND state IN ('waiting', 'paused')
  UNION SELECT id FROM jobs WHERE kind = 'run' AND reopened > 0
  UNION SELECT value FROM json_each(:known)
  UNION SELECT job_id FROM (SELECT job_id FROM runs WHERE job_id > :newest ORDER BY job_id LIMIT :limit)
) s
CROSS JOIN runs r ON r.job_id = s.id
CROSS JOIN jobs j ON j.id = s.id
ORDER BY r.job_id
