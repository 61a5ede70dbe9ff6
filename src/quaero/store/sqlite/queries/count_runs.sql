SELECT count(*)
FROM runs r CROSS JOIN jobs j ON j.id = r.job_id
WHERE (:kind IS NULL OR j.kind = :kind)
  AND (:states IS NULL OR j.state IN (SELECT value FROM json_each(:states)))
  AND (:type IS NULL OR j.type = :type)
  AND (:definition_id IS NULL OR r.definition_id = :definition_id)
