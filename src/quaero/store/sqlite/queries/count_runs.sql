SELECT count(*)
FROM runs r CROSS JOIN jobs j ON j.id = r.job_id
WHERE {job_filter}
  AND (:definition_id IS NULL OR r.definition_id = :definition_id)
