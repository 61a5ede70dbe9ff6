SELECT d.id, d.title, d.markdown, d.url FROM documents d LEFT JOIN document_texts t ON t.document_id = d.id
WHERE d.id > :after AND t.fingerprint IS DISTINCT FROM md5(d.content_hash || ' ' || d.url)::uuid
ORDER BY d.id LIMIT 20 FOR SHARE OF d
