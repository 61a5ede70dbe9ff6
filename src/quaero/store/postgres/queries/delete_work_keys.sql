DELETE FROM work_keys WHERE ctid = ANY (ARRAY(
  SELECT k.ctid FROM progress p JOIN work_keys k ON k.parent_id = p.job_id
  WHERE p.root_id = :root_id LIMIT :limit))
RETURNING parent_id
