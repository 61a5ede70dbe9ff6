INSERT INTO document_sources (document_id, media_type, body) VALUES (:document_id, :media_type, :body)
ON CONFLICT (document_id) DO UPDATE SET media_type = excluded.media_type, body = excluded.body
