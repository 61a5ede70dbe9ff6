SELECT j.state, count(*)
FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE {job_filter}
  AND (:definition_id::text IS NULL OR r.definition_id = :definition_id)
GROUP BY j.state
