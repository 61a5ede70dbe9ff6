SELECT k.job_id, j.state
FROM work_keys k
LEFT JOIN jobs j ON j.id = k.job_id
LEFT JOIN frontier f ON f.parent_id = k.parent_id AND f.dedupe_key = k.dedupe_key AND k.job_id IS NULL
WHERE k.parent_id = :parent_id AND k.dedupe_key = :dedupe_key AND coalesce(j.depth, f.depth) > :depth
