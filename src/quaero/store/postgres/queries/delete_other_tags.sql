DELETE FROM document_tags
WHERE document_id = :document_id AND definition_id = (SELECT definition_id FROM runs WHERE job_id = :root_id)
  AND tag <> ALL (ARRAY(SELECT json_array_elements_text(:tags::json)))
