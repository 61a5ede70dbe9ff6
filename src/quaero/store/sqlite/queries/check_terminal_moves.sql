-- I2: as many moves into a final state as the job's reopenings allow, and exactly one if it is final.
WITH ended AS MATERIALIZED (
  SELECT job_id, count(*) AS moves FROM events
  WHERE type = 'job_status_change' AND data ->> 'after' IN ('completed', 'failed', 'cancelled', 'skipped')
  GROUP BY job_id
)
SELECT j.id, 'is ' || j.state || ' after ' || coalesce(e.moves, 0) || ' final moves and ' || j.reopened || ' reopenings'
FROM jobs j LEFT JOIN ended e ON e.job_id = j.id
WHERE coalesce(e.moves, 0) <> j.reopened + (j.state IN ('completed', 'failed', 'cancelled', 'skipped'))
