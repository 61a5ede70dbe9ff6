-- I2: as many moves into a final state as the job's reopenings allow, and exactly one if it is final; of a run whose
-- first events are no longer kept, no more than that.
WITH ended AS MATERIALIZED (
  SELECT job_id, count(*) AS moves FROM events
  WHERE type = 'job_status_change' AND data::json ->> 'after' IN ('completed', 'failed', 'cancelled', 'skipped')
  GROUP BY job_id
)
SELECT j.id, 'is ' || j.state || ' after ' || coalesce(e.moves, 0) || ' final moves and ' || j.reopened || ' reopenings'
FROM jobs j LEFT JOIN ended e ON e.job_id = j.id LEFT JOIN runs r ON r.job_id = j.root_id
WHERE coalesce(e.moves, 0) <> j.reopened + (j.state IN ('completed', 'failed', 'cancelled', 'skipped'))::int
  AND NOT (coalesce(r.pruned_events, 0) > 0
    AND coalesce(e.moves, 0) < j.reopened + (j.state IN ('completed', 'failed', 'cancelled', 'skipped'))::int)
