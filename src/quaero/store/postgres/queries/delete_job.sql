-- A run with all that belongs to it.
WITH tree AS (
  SELECT :id::bigint AS id
  UNION ALL
  SELECT id FROM jobs WHERE parent_id IN (SELECT job_id FROM progress WHERE root_id = :id)
), of_jobs AS (DELETE FROM jobs USING tree WHERE jobs.id = tree.id),
  of_log AS (DELETE FROM log_lines USING tree WHERE log_lines.job_id = tree.id),
  of_keys AS (DELETE FROM work_keys WHERE parent_id IN (SELECT job_id FROM progress WHERE root_id = :id)),
  of_frontier AS (DELETE FROM frontier WHERE parent_id IN (SELECT job_id FROM progress WHERE root_id = :id)),
  of_events AS (DELETE FROM events WHERE root_id = :id),
  of_needs AS (DELETE FROM run_needs WHERE run_id = :id),
  of_progress AS (DELETE FROM progress WHERE root_id = :id)
DELETE FROM runs WHERE job_id = :id RETURNING job_id
