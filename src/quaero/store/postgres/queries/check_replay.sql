-- I16: the last status event of every job tells its state.
SELECT j.id, 'is ' || j.state || ', its events say ' || (e.data::json ->> 'after')
FROM (SELECT root_id, job_id, max(number) AS number FROM events WHERE type = 'job_status_change' GROUP BY root_id, job_id) last
JOIN events e ON e.root_id = last.root_id AND e.number = last.number
JOIN jobs j ON j.id = last.job_id
WHERE j.state <> e.data::json ->> 'after'
