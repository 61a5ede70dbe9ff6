-- I18: no step has begun before those that it depends on have ended. A step that was reopened may come after those
-- that are already under way.
SELECT j.id, 'is ' || j.state || ' while the step ' || needed.name || ', which it depends on, is ' || needed.state
FROM jobs j JOIN progress p ON p.job_id = j.id JOIN runs r ON r.job_id = j.root_id
  CROSS JOIN json_array_elements_text(r.definition::json -> 'steps' -> p.step::int -> 'depends') d (value)
  JOIN jobs needed ON needed.parent_id = j.parent_id AND needed.name = d.value
WHERE j.kind = 'parent' AND j.state IN ('pending', 'running', 'paused')
  AND needed.state IN ('waiting', 'pending', 'running', 'paused') AND needed.reopened = 0
UNION ALL
SELECT p.id, 'is ' || p.state || ' while job ' || min(c.id) || ' below it is running'
FROM jobs c JOIN jobs p ON p.id = c.parent_id
WHERE c.state = 'running' AND (p.state = 'waiting' AND p.reopened = 0 OR p.state = 'pending' AND p.kind = 'run')
GROUP BY p.id
