-- Alone, where a step has a limit that must be exact. In the order of the ids, as everybody does it; then the time.
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, pg_backend_pid(), count(*) FROM (
  SELECT CASE WHEN EXISTS (
      SELECT 1 FROM progress p
      WHERE p.root_id = runs.root_id AND (p.concurrency IS NOT NULL OR p.max_documents IS NOT NULL))
    THEN pg_advisory_xact_lock(hashint8extended(root_id, 1))
    ELSE pg_advisory_xact_lock_shared(hashint8extended(root_id, 1)) END
  FROM (
    SELECT DISTINCT root_id FROM jobs WHERE id = ANY (ARRAY(SELECT json_array_elements_text(:job_ids::json)::bigint))
    ORDER BY root_id
  ) runs
) locked
