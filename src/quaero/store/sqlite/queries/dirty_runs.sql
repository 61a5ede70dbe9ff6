SELECT DISTINCT +root_id FROM progress INDEXED BY progress_dirty WHERE dirty = 1 LIMIT :limit
