SELECT number, at, replaced_at, root_id, url, title, content_hash, length(markdown)
FROM document_versions WHERE document_id = :document_id
UNION ALL
SELECT version, updated_at, NULL, NULL, url, title, content_hash, length(markdown) FROM documents WHERE id = :document_id
ORDER BY 1 DESC
