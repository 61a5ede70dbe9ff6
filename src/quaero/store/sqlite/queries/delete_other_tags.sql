DELETE FROM document_tags
WHERE document_id = :document_id AND definition_id = (SELECT definition_id FROM runs WHERE job_id = :root_id)
  AND tag NOT IN (SELECT value FROM json_each(:tags))
