SELECT j.id, j.root_id, j.parent_id, j.kind, j.type, j.name, j.state, j.config, j.depth, j.discovered_by, j.attempt,
  j.lost_leases, j.lease_number, j.lease_owner, j.run_at, j.created_at, j.started_at, j.finished_at, j.error_code, j.error, j.note, j.priority, j.host
FROM runs r CROSS JOIN jobs j ON j.id = r.job_id
WHERE (:before IS NULL OR j.id < :before)
  AND (:after IS NULL OR j.id > :after)
  AND (:kind IS NULL OR j.kind = :kind)
  AND (:states IS NULL OR j.state IN (SELECT value FROM json_each(:states)))
  AND (:type IS NULL OR j.type = :type)
  AND (:up_to IS NULL OR j.id <= :up_to)
  AND (:host IS NULL OR j.host = :host)
  AND (:error_code IS NULL OR j.error_code = :error_code)
  AND (:error_part IS NULL OR instr(lower(j.error), lower(:error_part)) > 0)
  AND (:name_part IS NULL OR instr(lower(j.name), lower(:name_part)) > 0)
  AND (:created_before IS NULL OR j.created_at < :created_before)
  AND (:created_after IS NULL OR j.created_at >= :created_after)
  AND (:finished_before IS NULL OR j.finished_at < :finished_before)
  AND (:finished_after IS NULL OR j.finished_at >= :finished_after)
  AND (:definition_id IS NULL OR r.definition_id = :definition_id)
ORDER BY r.job_id DESC
LIMIT :limit
