-- I20: a step is stopped at the failure that is one too many. A share is judged once all children are known.
SELECT j.id, 'is ' || j.state || ' although ' || p.failed || ' of ' || p.total || ' children failed'
FROM jobs j JOIN progress p ON p.job_id = j.id
WHERE j.kind = 'parent' AND j.state = 'running' AND j.reopened = 0 AND p.failure_action = 'stop_all' AND p.failed > 0
  AND (p.failed >= p.max_failures
    OR p.plan_closed = 1 AND p.dirty = 0 AND p.failed * 100 >= p.max_failed_percent * p.total)
