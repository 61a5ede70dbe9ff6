SELECT DISTINCT root_id FROM progress WHERE dirty = 1 LIMIT :limit
