SELECT count(*), count(*) FILTER (WHERE t.document_id IS NULL),
  count(*) FILTER (WHERE t.fingerprint <> md5(d.content_hash || ' ' || d.url)::uuid)
FROM documents d LEFT JOIN document_texts t ON t.document_id = d.id
