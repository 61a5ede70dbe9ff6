UPDATE progress p SET
  total = p.total + more.total, waiting = p.waiting + more.waiting, pending = p.pending + more.pending, running = p.running + more.running,
  paused = p.paused + more.paused, completed = p.completed + more.completed, failed = p.failed + more.failed, cancelled = p.cancelled + more.cancelled,
  skipped = p.skipped + more.skipped, created = p.created + more.created, updated = p.updated + more.updated, unchanged = p.unchanged + more.unchanged,
  planned = p.planned + more.planned, dirty = 1
FROM json_to_recordset(:rows::json) AS more (job_id bigint, total bigint, waiting bigint, pending bigint, running bigint, paused bigint, completed bigint, failed bigint, cancelled bigint,
  skipped bigint, created bigint, updated bigint, unchanged bigint, planned bigint)
WHERE p.job_id = more.job_id
RETURNING p.waiting + p.pending + p.running + p.paused > 0 OR p.plan_closed = 0,
  p.concurrency IS NOT NULL OR EXISTS (SELECT 1 FROM gates WHERE gates.concurrency IS NOT NULL)
