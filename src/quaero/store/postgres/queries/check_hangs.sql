-- I4: no parent stays open with nothing open below it and nobody told to look, or with nothing below it that may go
-- on; none waits for a lost planner; no run waits for runs that have ended.
SELECT j.id, 'is ' || j.state || ' with nothing open below it'
FROM jobs j JOIN progress p ON p.job_id = j.id
WHERE j.state IN ('running', 'paused') AND p.plan_closed = 1 AND p.dirty = 0
  AND NOT EXISTS (SELECT 1 FROM jobs c WHERE c.parent_id = j.id AND c.state IN ('waiting', 'pending', 'running', 'paused'))
UNION ALL
SELECT j.id, 'is running, but all of its open steps wait'
FROM jobs j JOIN progress p ON p.job_id = j.id
WHERE j.kind = 'run' AND j.state = 'running' AND p.dirty = 0
  AND EXISTS (SELECT 1 FROM jobs c WHERE c.parent_id = j.id AND c.state = 'waiting')
  AND NOT EXISTS (SELECT 1 FROM jobs c WHERE c.parent_id = j.id AND c.state IN ('pending', 'running', 'paused'))
UNION ALL
SELECT j.id, 'is running, but nobody plans it'
FROM jobs j JOIN progress p ON p.job_id = j.id
WHERE j.kind = 'parent' AND j.state = 'running' AND p.plan_closed = 0 AND j.lease_owner IS NULL
UNION ALL
SELECT j.id, 'waits, but every run that it needs has ended'
FROM jobs j
WHERE j.kind = 'run' AND j.state = 'waiting' AND NOT EXISTS (
  SELECT 1 FROM run_needs n LEFT JOIN jobs needed ON needed.id = n.needs_id
  WHERE n.run_id = j.id AND coalesce(needed.state, '') NOT IN ('completed', 'failed', 'cancelled'))
