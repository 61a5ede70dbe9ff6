SELECT id FROM (
  SELECT value::bigint AS id FROM json_array_elements_text(:run_ids::json) ORDER BY 1
) runs
WHERE pg_try_advisory_xact_lock(hashint8extended(id, 1))
