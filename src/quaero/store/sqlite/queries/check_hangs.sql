-- I4: no parent stays open with a closed plan, no open child, and nobody told to look at it.
SELECT j.id, 'is ' || j.state || ' with nothing open below it'
FROM jobs j JOIN progress p ON p.job_id = j.id
WHERE j.state = 'running' AND p.plan_closed AND NOT p.dirty
  AND NOT EXISTS (SELECT 1 FROM jobs c WHERE c.parent_id = j.id AND c.state IN ('waiting', 'pending', 'running', 'paused'))
