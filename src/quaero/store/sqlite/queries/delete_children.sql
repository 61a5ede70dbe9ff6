DELETE FROM jobs WHERE id IN (
  SELECT j.id FROM progress p CROSS JOIN jobs j ON j.parent_id = p.job_id
  WHERE p.root_id = :root_id AND p.step IS NOT NULL AND (j.state = 'completed') = :completed
  LIMIT :limit)
RETURNING parent_id, state
