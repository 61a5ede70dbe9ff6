-- I1: the counts of every parent are those of its children.
WITH actual AS (
  SELECT parent_id, count(*) AS total,
    count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'pending') AS pending,
    count(*) FILTER (WHERE state = 'running') AS running, count(*) FILTER (WHERE state = 'paused') AS paused,
    count(*) FILTER (WHERE state = 'completed') AS completed, count(*) FILTER (WHERE state = 'failed') AS failed,
    count(*) FILTER (WHERE state = 'cancelled') AS cancelled, count(*) FILTER (WHERE state = 'skipped') AS skipped
  FROM jobs WHERE parent_id IS NOT NULL GROUP BY parent_id
)
SELECT p.job_id, 'counts ' || p.total || ' children, there are ' || coalesce(a.total, 0)
FROM progress p LEFT JOIN actual a ON a.parent_id = p.job_id
WHERE (p.total, p.waiting, p.pending, p.running, p.paused, p.completed, p.failed, p.cancelled, p.skipped) IS DISTINCT FROM
  (coalesce(a.total, 0), coalesce(a.waiting, 0), coalesce(a.pending, 0), coalesce(a.running, 0),
   coalesce(a.paused, 0), coalesce(a.completed, 0), coalesce(a.failed, 0), coalesce(a.cancelled, 0), coalesce(a.skipped, 0))
