-- I2: as many moves into a final state as the job's reopenings allow, and exactly one if it is final.
SELECT j.id, 'is ' || j.state || ' after ' || count(e.id) || ' final moves and ' || j.reopened || ' reopenings'
FROM jobs j LEFT JOIN events e ON e.root_id = j.root_id AND e.job_id = j.id AND e.type = 'job_status_change'
  AND e.data ->> 'after' IN ('completed', 'failed', 'cancelled', 'skipped')
GROUP BY j.id
HAVING count(e.id) <> j.reopened + (j.state IN ('completed', 'failed', 'cancelled', 'skipped'))
  AND j.root_id IN (SELECT job_id FROM runs)
