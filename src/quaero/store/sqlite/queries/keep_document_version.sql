INSERT INTO document_versions (document_id, number, at, replaced_at, root_id, url, title, content_hash, markdown)
SELECT id, version, updated_at, :now, :root_id, url, title, content_hash, markdown FROM documents WHERE id = :id
