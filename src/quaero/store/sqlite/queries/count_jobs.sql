SELECT count(*)
FROM jobs j
WHERE (:kind IS NULL OR j.kind = :kind)
  AND (:states IS NULL OR j.state IN (SELECT value FROM json_each(:states)))
  AND (:type IS NULL OR j.type = :type)
  AND (:definition_id IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
