SELECT j.id, j.root_id, j.parent_id, j.kind, j.type, j.name, j.state, j.config, j.depth, j.discovered_by, j.attempt,
  j.lost_leases, j.lease_number, j.lease_owner, j.run_at, j.created_at, j.started_at, j.finished_at, j.error_code, j.error, j.note, j.priority, j.host
FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE (:before::bigint IS NULL OR j.id < :before)
  AND (:after::bigint IS NULL OR j.id > :after)
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
  AND (:definition_id::text IS NULL OR r.definition_id = :definition_id)
ORDER BY r.job_id DESC
LIMIT :limit
