UPDATE work_keys SET job_id = :job_id WHERE parent_id = :parent_id AND dedupe_key = :dedupe_key
