WITH below(id) AS (
  SELECT id FROM jobs WHERE parent_id = :parent_id
  UNION ALL
  SELECT id FROM jobs WHERE :parent_id IS NULL AND parent_id IN (SELECT job_id FROM progress WHERE root_id = :root_id)
  UNION ALL
  SELECT job_id FROM runs WHERE :parent_id IS NULL AND job_id = :root_id
)
