WITH below(id) AS (
  SELECT id FROM jobs WHERE parent_id = :parent_id
  UNION ALL
  SELECT id FROM jobs WHERE :parent_id IS NULL AND parent_id IN (SELECT job_id FROM progress WHERE root_id = :root_id)
  UNION ALL
  SELECT job_id FROM runs WHERE :parent_id IS NULL AND job_id = :root_id
)
SELECT count(*)
FROM below b JOIN jobs j ON j.id = b.id
WHERE (:root_id IS NULL OR j.root_id = :root_id)
  AND (:kind IS NULL OR j.kind = :kind)
  AND (:states IS NULL OR j.state IN (SELECT value FROM json_each(:states)))
  AND (:type IS NULL OR j.type = :type)
  AND (:definition_id IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
