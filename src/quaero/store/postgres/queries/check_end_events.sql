-- I15: a run that ended has its end event, and nothing after it.
SELECT j.id, 'ended as ' || j.state || ' but its last event is ' || coalesce(e.type, 'missing')
FROM runs r JOIN jobs j ON j.id = r.job_id LEFT JOIN events e ON e.root_id = r.job_id AND e.number = r.last_event
WHERE j.state IN ('completed', 'failed', 'cancelled') AND coalesce(e.type, '') <> 'job_' || j.state
  AND r.pruned_events < r.last_event
