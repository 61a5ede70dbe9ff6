SELECT k.dedupe_key, k.job_id, j.state
FROM json_each(:keys) known
CROSS JOIN work_keys k ON k.parent_id = :parent_id AND k.dedupe_key = known.value
LEFT JOIN jobs j ON j.id = k.job_id
LEFT JOIN frontier f ON f.parent_id = k.parent_id AND f.dedupe_key = k.dedupe_key AND k.job_id IS NULL
WHERE coalesce(j.depth, f.depth) > :depth
