SELECT l.id, l.job_id, l.number, l.at, l.level, l.message
FROM log_lines l JOIN jobs j ON j.id = l.job_id
WHERE (j.id = :job_id OR j.parent_id = :job_id OR j.root_id = :job_id)
  AND (:levels IS NULL OR l.level IN (SELECT value FROM json_each(:levels)))
  AND l.id > :after
ORDER BY l.id
LIMIT :limit
