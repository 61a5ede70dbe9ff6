SELECT job_id, definition_id, launched_by, origin_id, paused_at FROM runs
WHERE job_id = ANY (ARRAY(SELECT json_array_elements_text(:ids::json)::bigint))
