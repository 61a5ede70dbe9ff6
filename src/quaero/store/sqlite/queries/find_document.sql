SELECT id, content_hash, metadata, job_id, root_id, version FROM documents
WHERE source_type = :source_type AND canonical_url = :canonical_url
