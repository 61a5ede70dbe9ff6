-- When the last event of all was recorded.
SELECT max(e.at) FROM runs r JOIN events e ON e.root_id = r.job_id AND e.number = r.last_event
HAVING max(e.at) IS NOT NULL
