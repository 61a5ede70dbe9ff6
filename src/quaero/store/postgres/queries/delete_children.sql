-- Their log goes with them.
WITH gone AS (
  DELETE FROM jobs WHERE id IN (
    SELECT j.id FROM progress p JOIN jobs j ON j.parent_id = p.job_id
    WHERE p.root_id = :root_id AND p.step IS NOT NULL AND (j.state = 'completed') = (:completed = 1)
    LIMIT :limit)
  RETURNING id, parent_id, state
), lines AS (DELETE FROM log_lines USING gone WHERE log_lines.job_id = gone.id)
SELECT parent_id, state FROM gone
