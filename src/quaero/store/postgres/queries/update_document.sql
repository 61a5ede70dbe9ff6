WITH changed AS (
  UPDATE documents SET url = :url, title = :title, markdown = :markdown, metadata = :metadata,
    content_hash = :content_hash, updated_at = :now, checked_at = :now, job_id = :job_id, root_id = :root_id,
    version = version + 1
  WHERE id = :id
  RETURNING id, content_hash, url
)
INSERT INTO document_texts (document_id, size, fingerprint, keys, words)
SELECT id, :size, md5(content_hash || ' ' || url)::uuid, :keys::tsvector, :words FROM changed
ON CONFLICT (document_id) DO UPDATE
SET size = excluded.size, fingerprint = excluded.fingerprint, keys = excluded.keys, words = excluded.words
RETURNING document_id
