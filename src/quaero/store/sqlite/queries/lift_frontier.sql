UPDATE frontier SET depth = :depth, priority = :priority
WHERE parent_id = :parent_id AND dedupe_key = :dedupe_key
