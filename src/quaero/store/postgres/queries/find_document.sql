SELECT id, content_hash, metadata, job_id, root_id, version FROM documents
WHERE source_type = :source_type AND md5(canonical_url)::uuid = md5(:canonical_url)::uuid
  AND canonical_url = :canonical_url
FOR UPDATE -- another run may have it in hand
