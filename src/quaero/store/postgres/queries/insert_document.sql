WITH stored AS (
  INSERT INTO documents (source_type, canonical_url, url, title, markdown, metadata, content_hash,
    created_at, updated_at, checked_at, job_id, root_id)
  VALUES (:source_type, :canonical_url, :url, :title, :markdown, :metadata, :content_hash,
    :now, :now, :now, :job_id, :root_id)
  RETURNING id, content_hash, url
)
INSERT INTO document_texts (document_id, size, fingerprint, keys, words)
SELECT id, :size, md5(content_hash || ' ' || url)::uuid, :keys::tsvector, :words FROM stored
RETURNING document_id
