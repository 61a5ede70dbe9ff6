SELECT k.dedupe_key, k.job_id, j.state
FROM json_array_elements_text(:keys::json) known (value)
JOIN work_keys k ON k.parent_id = :parent_id AND md5(k.dedupe_key)::uuid = md5(known.value)::uuid AND k.dedupe_key = known.value
LEFT JOIN jobs j ON j.id = k.job_id
LEFT JOIN frontier f ON f.parent_id = k.parent_id AND md5(f.dedupe_key)::uuid = md5(k.dedupe_key)::uuid
  AND f.dedupe_key = k.dedupe_key AND k.job_id IS NULL
WHERE coalesce(j.depth, f.depth) > :depth
