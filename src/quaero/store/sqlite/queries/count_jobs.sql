SELECT count(*)
FROM jobs j
WHERE {job_filter}
  AND (:definition_id IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
