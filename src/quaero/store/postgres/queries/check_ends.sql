-- I20: a step ends as its children and its tolerance say.
SELECT j.id, 'is completed with ' || p.completed || ' completed, ' || p.failed || ' failed and ' || p.cancelled ||
  ' cancelled children'
FROM jobs j JOIN progress p ON p.job_id = j.id
WHERE j.kind = 'parent' AND j.state = 'completed'
  AND (p.completed = 0 AND p.failed + p.cancelled > 0
    OR p.failure_action = 'stop_all' AND p.failed > 0
      AND (p.failed >= p.max_failures OR p.failed * 100 >= p.max_failed_percent * p.total))
