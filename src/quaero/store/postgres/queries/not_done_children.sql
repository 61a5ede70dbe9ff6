SELECT id FROM jobs
WHERE parent_id = :parent_id AND (state IN ('failed', 'cancelled') OR (kind = 'parent' AND state = 'completed'))
ORDER BY id
