{jobs_below}
SELECT count(*)
FROM below b JOIN jobs j ON j.id = b.id
WHERE (:root_id::bigint IS NULL OR j.root_id = :root_id)
  AND {job_filter}
  AND (:definition_id::text IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
