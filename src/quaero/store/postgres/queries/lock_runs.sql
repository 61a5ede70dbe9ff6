-- In the order of their ids, as everybody does it, so that no two wait for each other; then the time, as `ServerTime` asks.
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, pg_backend_pid(), count(*) FROM (
  SELECT pg_advisory_xact_lock(hashint8extended(root_id, 1)) FROM (
    SELECT DISTINCT root_id FROM jobs WHERE id = ANY (ARRAY(SELECT json_array_elements_text(:job_ids::json)::bigint))
    ORDER BY root_id
  ) runs
) locked
