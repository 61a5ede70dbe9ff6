INSERT INTO documents (source_type, canonical_url, url, title, markdown, metadata, content_hash,
  created_at, updated_at, checked_at, job_id, root_id)
VALUES (:source_type, :canonical_url, :url, :title, :markdown, :metadata, :content_hash,
  :now, :now, :now, :job_id, :root_id)
RETURNING id
