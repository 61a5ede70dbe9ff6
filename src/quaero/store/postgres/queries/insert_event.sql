-- After number_events: so many numbers back from the last one.
INSERT INTO events (root_id, number, at, type, job_id, data)
SELECT event.root_id, runs.last_event - event.back, event.at, event.type, event.job_id, event.data
FROM json_to_recordset(:rows::json) AS event (root_id bigint, back bigint, at bigint, type text, job_id bigint, data text)
JOIN runs ON runs.job_id = event.root_id
ORDER BY event.back DESC
