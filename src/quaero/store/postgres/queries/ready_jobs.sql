SELECT id, type, host, suspicion >= :suspect_from, priority, run_at FROM jobs
WHERE parent_id = :parent_id AND state = 'pending' AND run_at <= :now
  AND type = ANY (ARRAY(SELECT json_array_elements_text(:types::json)))
  AND (host IS NULL OR host <> ALL (ARRAY(SELECT json_array_elements_text(:full_hosts::json))))
  AND (:suspects = 1 OR suspicion < :suspect_from)
  AND id <> ALL (ARRAY(SELECT json_array_elements_text(:skip::json)::bigint))
  AND (priority, run_at, id) >= (:from_priority, :from_run_at, :from_id)
ORDER BY priority, run_at, id
LIMIT :limit
FOR UPDATE SKIP LOCKED -- whatever else has it in hand
