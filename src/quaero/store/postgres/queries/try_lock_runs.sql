SELECT pg_try_advisory_xact_lock(hashint8extended(root_id, 1)) FROM (
  SELECT DISTINCT root_id FROM jobs WHERE id = ANY (ARRAY(SELECT json_array_elements_text(:job_ids::json)::bigint))
  ORDER BY root_id
) runs
