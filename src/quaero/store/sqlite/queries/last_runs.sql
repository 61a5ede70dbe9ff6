SELECT {job_columns}
FROM jobs j
WHERE j.id IN (SELECT max(job_id) FROM runs GROUP BY definition_id)
ORDER BY j.id DESC
