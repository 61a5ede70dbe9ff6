SELECT number, at, replaced_at, root_id, url, title, content_hash, length(markdown), markdown
FROM document_versions WHERE document_id = :document_id AND number = :number
UNION ALL
SELECT version, updated_at, NULL, NULL, url, title, content_hash, length(markdown), markdown
FROM documents WHERE id = :document_id AND version = :number
