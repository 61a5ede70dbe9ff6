INSERT INTO document_texts (document_id, size, fingerprint, keys, words)
SELECT id, :size, md5(content_hash || ' ' || url)::uuid, :keys::tsvector, :words FROM documents WHERE id = :document_id
ON CONFLICT (document_id) DO UPDATE
SET size = excluded.size, fingerprint = excluded.fingerprint, keys = excluded.keys, words = excluded.words
