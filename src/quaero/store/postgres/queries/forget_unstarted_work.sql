DELETE FROM work_keys WHERE parent_id = :parent_id AND job_id IS NULL
