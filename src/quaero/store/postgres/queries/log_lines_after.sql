-- The same lines as `log_lines`, found from the newest line that is known on instead of job by job.
SELECT l.id, l.job_id, l.number, l.at, l.level, l.message
FROM log_lines l JOIN jobs j ON j.id = l.job_id
WHERE l.id > :after
  AND :job_id IN (j.id, j.parent_id, j.root_id)
  AND (:levels::text IS NULL OR l.level = ANY (ARRAY(SELECT json_array_elements_text(:levels::json))))
  AND (:contains = '' OR strpos(l.message, :contains) > 0)
ORDER BY l.id
LIMIT :limit
