{jobs_below}
SELECT j.state, count(*)
FROM below b CROSS JOIN jobs j ON j.id = b.id
WHERE (:root_id IS NULL OR j.root_id = :root_id)
  AND {job_filter}
  AND (:definition_id IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
GROUP BY j.state
