SELECT id, title, markdown, url FROM documents
WHERE id > :after AND (:up_to::bigint IS NULL OR id <= :up_to) ORDER BY id LIMIT 20 FOR SHARE
