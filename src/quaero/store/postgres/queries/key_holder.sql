SELECT k.job_id, j.state FROM work_keys k LEFT JOIN jobs j ON j.id = k.job_id
WHERE k.parent_id = :parent_id AND md5(k.dedupe_key)::uuid = md5(:dedupe_key)::uuid
  AND k.dedupe_key = :dedupe_key
