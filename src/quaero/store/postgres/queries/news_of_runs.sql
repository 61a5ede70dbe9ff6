SELECT r.job_id, r.last_event, r.pruned_events, j.state, j.reopened, j.created_at
FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE r.job_id = ANY (ARRAY(SELECT json_array_elements_text(:known::json)::bigint))
ORDER BY r.job_id
