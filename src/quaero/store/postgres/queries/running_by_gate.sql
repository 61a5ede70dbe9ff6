SELECT r.definition_id, j.type, j.host, count(*)
FROM jobs j JOIN runs r ON r.job_id = j.root_id
WHERE j.state = 'running' AND j.kind = 'child'
GROUP BY r.definition_id, j.type, j.host
