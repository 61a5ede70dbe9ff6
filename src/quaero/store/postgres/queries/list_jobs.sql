SELECT {job_columns}
FROM jobs j
WHERE (:before::bigint IS NULL OR j.id < :before)
  AND (:after::bigint IS NULL OR j.id > :after)
  AND {job_filter}
  AND (:definition_id::text IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
ORDER BY j.id DESC
LIMIT :limit
