WITH below(id) AS (
  SELECT :job_id::bigint
  UNION ALL
  SELECT id FROM jobs WHERE parent_id = :job_id
  UNION ALL
  SELECT id FROM jobs WHERE parent_id IN (SELECT job_id FROM progress WHERE root_id = :job_id AND step IS NOT NULL)
)
SELECT l.id, l.job_id, l.number, l.at, l.level, l.message
FROM below b JOIN log_lines l ON l.job_id = b.id
WHERE (:levels::text IS NULL OR l.level = ANY (ARRAY(SELECT json_array_elements_text(:levels::json))))
  AND (:contains = '' OR strpos(l.message, :contains) > 0)
  AND l.id > :after AND l.id < :before
ORDER BY l.id * :direction
LIMIT :limit
