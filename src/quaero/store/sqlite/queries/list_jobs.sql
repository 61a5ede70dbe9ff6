SELECT {job_columns}
FROM jobs j
WHERE (:before IS NULL OR j.id < :before)
  AND (:after IS NULL OR j.id > :after)
  AND {job_filter}
  AND (:definition_id IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
ORDER BY j.id DESC
LIMIT :limit
