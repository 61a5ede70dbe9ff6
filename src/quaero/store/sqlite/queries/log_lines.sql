WITH below(id) AS (
  SELECT :job_id
  UNION ALL
  SELECT id FROM jobs WHERE parent_id = :job_id
  UNION ALL
  SELECT id FROM jobs WHERE parent_id IN (SELECT job_id FROM progress WHERE root_id = :job_id AND step IS NOT NULL)
)
SELECT l.id, l.job_id, l.number, l.at, l.level, l.message
FROM below b CROSS JOIN log_lines l ON l.job_id = b.id
WHERE (:levels IS NULL OR l.level IN (SELECT value FROM json_each(:levels)))
  AND (:contains = '' OR instr(l.message, :contains) > 0)
  AND l.id > :after AND l.id < :before
ORDER BY l.id * :direction
LIMIT :limit
