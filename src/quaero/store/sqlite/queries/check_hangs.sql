-- I4: no parent stays open with nothing open below it and nobody told to look; none waits for a lost planner.
SELECT j.id, 'is ' || j.state || ' with nothing open below it'
FROM jobs j JOIN progress p ON p.job_id = j.id
WHERE j.state = 'running' AND p.plan_closed AND NOT p.dirty
  AND NOT EXISTS (SELECT 1 FROM jobs c WHERE c.parent_id = j.id AND c.state IN ('waiting', 'pending', 'running', 'paused'))
UNION ALL
SELECT j.id, 'is running, but nobody plans it'
FROM jobs j JOIN progress p ON p.job_id = j.id
WHERE j.kind = 'parent' AND j.state = 'running' AND NOT p.plan_closed AND j.lease_owner IS NULL
