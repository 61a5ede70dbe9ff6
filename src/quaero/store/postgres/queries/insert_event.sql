INSERT INTO events (root_id, number, at, type, job_id, data)
SELECT root_id, number, at, type, job_id, data
FROM json_to_recordset(:rows::json) AS event (root_id bigint, number bigint, at bigint, type text, job_id bigint, data text)
ORDER BY number
