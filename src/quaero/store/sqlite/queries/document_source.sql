SELECT media_type, body FROM document_sources WHERE document_id = :id
