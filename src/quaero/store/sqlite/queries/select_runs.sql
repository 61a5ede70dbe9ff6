SELECT j.id, j.state
FROM runs r CROSS JOIN jobs j ON j.id = r.job_id
WHERE r.job_id > :after
  AND {job_filter}
  AND (:definition_id IS NULL OR r.definition_id = :definition_id)
ORDER BY r.job_id
LIMIT :limit
