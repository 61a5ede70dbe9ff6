-- A run whose row somebody else has locked would be waited for at the first change of it.
SELECT runs.id FROM (
  SELECT value::bigint AS id FROM json_array_elements_text(:run_ids::json) ORDER BY 1
) runs
WHERE pg_try_advisory_xact_lock(hashint8extended(runs.id, 1))
  AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = runs.id FOR NO KEY UPDATE SKIP LOCKED)
