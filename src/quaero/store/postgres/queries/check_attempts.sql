-- I11: no job is tried more often than its step allows; attempts that lost their worker have a limit of their own.
WITH allowed AS MATERIALIZED (
  SELECT p.job_id, (r.definition::json -> 'steps' -> p.step::int -> 'retry' ->> 'max_attempts')::bigint AS attempts
  FROM progress p JOIN runs r ON r.job_id = p.root_id WHERE p.step IS NOT NULL
)
SELECT j.id, 'was tried ' || (j.attempt - j.lost_leases) || ' times, ' || a.attempts || ' are allowed'
FROM allowed a JOIN jobs j ON j.parent_id = a.job_id
WHERE j.attempt - j.lost_leases > a.attempts
UNION ALL
SELECT id, 'counts ' || lost_leases || ' lost workers in ' || attempt || ' attempts' FROM jobs
WHERE attempt < 0 OR lost_leases < 0 OR lost_leases > attempt
