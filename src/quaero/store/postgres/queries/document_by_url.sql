SELECT id FROM documents WHERE md5(canonical_url)::uuid = md5(:url)::uuid AND canonical_url = :url
UNION
SELECT id FROM documents WHERE md5(url)::uuid = md5(:url)::uuid AND url = :url
ORDER BY id LIMIT 1
