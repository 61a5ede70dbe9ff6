-- I3: no parent is final while a child is open.
SELECT p.id, 'is ' || p.state || ' while job ' || min(c.id) || ' below it is ' || min(c.state)
FROM jobs c JOIN jobs p ON p.id = c.parent_id
WHERE c.state IN ('waiting', 'pending', 'running', 'paused')
  AND p.state IN ('completed', 'failed', 'cancelled', 'skipped')
GROUP BY p.id
