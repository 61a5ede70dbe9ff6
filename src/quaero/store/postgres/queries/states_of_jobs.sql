SELECT j.state, count(*)
FROM jobs j
WHERE {job_filter}
  AND (:definition_id::text IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
GROUP BY j.state
