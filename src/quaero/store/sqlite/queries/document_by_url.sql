SELECT id FROM documents WHERE canonical_url = :url
UNION
SELECT id FROM documents WHERE url = :url
ORDER BY id LIMIT 1
