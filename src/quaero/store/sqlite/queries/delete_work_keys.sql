DELETE FROM work_keys WHERE (parent_id, dedupe_key) IN (
  SELECT k.parent_id, k.dedupe_key FROM progress p CROSS JOIN work_keys k ON k.parent_id = p.job_id
  WHERE p.root_id = :root_id LIMIT :limit)
RETURNING parent_id
