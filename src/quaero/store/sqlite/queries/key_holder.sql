SELECT k.job_id, j.state FROM work_keys k LEFT JOIN jobs j ON j.id = k.job_id
WHERE k.parent_id = :parent_id AND k.dedupe_key = :dedupe_key
