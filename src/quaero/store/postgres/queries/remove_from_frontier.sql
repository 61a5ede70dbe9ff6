DELETE FROM frontier WHERE parent_id = :parent_id AND md5(dedupe_key)::uuid = md5(:dedupe_key)::uuid AND dedupe_key = :dedupe_key
