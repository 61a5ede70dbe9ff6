-- Of one parent, or of one run.
{jobs_below}
SELECT {job_columns}
FROM below b CROSS JOIN jobs j ON j.id = b.id
WHERE (:root_id IS NULL OR j.root_id = :root_id)
  AND (:before IS NULL OR j.id < :before)
  AND (:after IS NULL OR j.id > :after)
  AND {job_filter}
  AND (:definition_id IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
ORDER BY CASE WHEN :oldest_first THEN j.id ELSE -j.id END
LIMIT :limit
