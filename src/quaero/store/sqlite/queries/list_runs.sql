SELECT {job_columns}
FROM runs r CROSS JOIN jobs j ON j.id = r.job_id
WHERE (:before IS NULL OR j.id < :before)
  AND (:after IS NULL OR j.id > :after)
  AND {job_filter}
  AND (:definition_id IS NULL OR r.definition_id = :definition_id)
ORDER BY r.job_id DESC
LIMIT :limit
