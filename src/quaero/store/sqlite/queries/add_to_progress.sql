UPDATE progress SET
  total = total + :total, waiting = waiting + :waiting, pending = pending + :pending, running = running + :running,
  paused = paused + :paused, completed = completed + :completed, failed = failed + :failed,
  cancelled = cancelled + :cancelled, skipped = skipped + :skipped,
  created = created + :created, updated = updated + :updated, unchanged = unchanged + :unchanged,
  planned = planned + :planned, dirty = 1
WHERE job_id = :job_id
RETURNING waiting + pending + running + paused > 0 OR NOT plan_closed,
  concurrency IS NOT NULL OR EXISTS (SELECT 1 FROM gates WHERE gates.concurrency IS NOT NULL)
