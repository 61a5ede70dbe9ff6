SELECT id FROM documents WHERE canonical_url = :url OR url = :url ORDER BY id LIMIT 1
