SELECT {job_columns}
FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE (:before::bigint IS NULL OR j.id < :before)
  AND (:after::bigint IS NULL OR j.id > :after)
  AND {job_filter}
  AND (:definition_id::text IS NULL OR r.definition_id = :definition_id)
ORDER BY r.job_id DESC
LIMIT :limit
