INSERT INTO work_keys (parent_id, dedupe_key, job_id) VALUES (:parent_id, :dedupe_key, :job_id)
ON CONFLICT DO NOTHING RETURNING dedupe_key
