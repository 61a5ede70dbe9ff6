SELECT coalesce(error_code, 'failed'), count(*), min(id) FROM jobs
WHERE parent_id = :parent_id AND state = 'failed' GROUP BY 1 ORDER BY 2 DESC, 1
