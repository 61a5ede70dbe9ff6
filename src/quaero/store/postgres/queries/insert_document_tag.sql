INSERT INTO document_tags (document_id, tag, definition_id)
SELECT :document_id::bigint, :tag::text, definition_id FROM runs WHERE job_id = :root_id
ON CONFLICT DO NOTHING
