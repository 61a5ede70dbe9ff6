-- I1: the counts of every parent are those of its children.
WITH actual AS (
  SELECT parent_id, count(*) AS total,
    sum(state = 'waiting') AS waiting, sum(state = 'pending') AS pending, sum(state = 'running') AS running,
    sum(state = 'paused') AS paused, sum(state = 'completed') AS completed, sum(state = 'failed') AS failed,
    sum(state = 'cancelled') AS cancelled, sum(state = 'skipped') AS skipped
  FROM jobs WHERE parent_id IS NOT NULL GROUP BY parent_id
)
SELECT p.job_id, 'counts ' || p.total || ' children, there are ' || coalesce(a.total, 0)
FROM progress p LEFT JOIN actual a ON a.parent_id = p.job_id
WHERE (p.total, p.waiting, p.pending, p.running, p.paused, p.completed, p.failed, p.cancelled, p.skipped) IS NOT
  (coalesce(a.total, 0), coalesce(a.waiting, 0), coalesce(a.pending, 0), coalesce(a.running, 0),
   coalesce(a.paused, 0), coalesce(a.completed, 0), coalesce(a.failed, 0), coalesce(a.cancelled, 0), coalesce(a.skipped, 0))
