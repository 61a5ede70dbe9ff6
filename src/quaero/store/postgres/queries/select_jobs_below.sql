-- Of one parent, or of one run.
WITH below(id) AS (
  SELECT id FROM jobs WHERE parent_id = :parent_id
  UNION ALL
  SELECT id FROM jobs WHERE :parent_id::bigint IS NULL AND parent_id IN (SELECT job_id FROM progress WHERE root_id = :root_id)
  UNION ALL
  SELECT job_id FROM runs WHERE :parent_id::bigint IS NULL AND job_id = :root_id
)
SELECT j.id, j.state
FROM below b JOIN jobs j ON j.id = b.id
WHERE (:root_id::bigint IS NULL OR j.root_id = :root_id)
  AND b.id > :after
  AND (:kind::text IS NULL OR j.kind = :kind)
  AND (:states::text IS NULL OR j.state = ANY (ARRAY(SELECT json_array_elements_text(:states::json))))
  AND (:type::text IS NULL OR j.type = :type)
  AND (:up_to::bigint IS NULL OR j.id <= :up_to)
  AND (:host::text IS NULL OR j.host = :host)
  AND (:error_code::text IS NULL OR j.error_code = :error_code)
  AND (:error_part::text IS NULL OR strpos(lower(j.error), lower(:error_part)) > 0)
  AND (:name_part::text IS NULL OR strpos(lower(j.name), lower(:name_part)) > 0)
  AND (:created_before::bigint IS NULL OR j.created_at < :created_before)
  AND (:created_after::bigint IS NULL OR j.created_at >= :created_after)
  AND (:finished_before::bigint IS NULL OR j.finished_at < :finished_before)
  AND (:finished_after::bigint IS NULL OR j.finished_at >= :finished_after)
  AND (:definition_id::text IS NULL OR j.root_id IN (SELECT job_id FROM runs WHERE definition_id = :definition_id))
ORDER BY b.id
LIMIT :limit
