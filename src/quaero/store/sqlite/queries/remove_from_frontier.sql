DELETE FROM frontier WHERE parent_id = :parent_id AND dedupe_key = :dedupe_key
