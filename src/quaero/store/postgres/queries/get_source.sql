SELECT media_type, body FROM document_sources WHERE document_id = :document_id
