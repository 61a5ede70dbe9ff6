SELECT j.id, j.state
FROM jobs j
WHERE j.id > :after
  AND {job_filter}
  AND (:definition_id::text IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
ORDER BY j.id
LIMIT :limit
