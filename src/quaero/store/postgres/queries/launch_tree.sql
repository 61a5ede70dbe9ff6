WITH RECURSIVE
above (id, origin_id, launched_by) AS (
  SELECT job_id, origin_id, launched_by FROM runs WHERE job_id = :run_id
  UNION
  SELECT r.job_id, r.origin_id, r.launched_by FROM above a JOIN runs r ON r.job_id = a.origin_id
  WHERE a.launched_by IN ('pre_job', 'post_job')
),
tree (id, origin_id, launched_by) AS (
  SELECT min(id), NULL::bigint, '' FROM above HAVING min(id) IS NOT NULL
  UNION
  SELECT r.job_id, r.origin_id, r.launched_by FROM tree t JOIN runs r ON r.origin_id = t.id
  WHERE r.launched_by IN ('pre_job', 'post_job')
)
SELECT id, origin_id, launched_by FROM tree ORDER BY id
