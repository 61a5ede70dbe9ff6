SELECT tag, count(DISTINCT document_id) FROM document_tags GROUP BY tag ORDER BY 2 DESC, 1
