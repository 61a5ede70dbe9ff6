SELECT count(*) FROM documents d LEFT JOIN document_texts t ON t.document_id = d.id
WHERE t.fingerprint IS DISTINCT FROM md5(d.content_hash || ' ' || d.url)::uuid
