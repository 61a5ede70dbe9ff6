SELECT document_id, number, at, replaced_at, root_id, url, title, content_hash, markdown
FROM document_versions WHERE (document_id, number) > (:after, :after_number)
ORDER BY document_id, number LIMIT :limit
