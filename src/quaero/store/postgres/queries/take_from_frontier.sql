DELETE FROM frontier WHERE id IN (
  SELECT id FROM frontier WHERE parent_id = :parent_id ORDER BY priority, id LIMIT greatest(0, :limit)
) RETURNING id, dedupe_key, type, name, config, depth, priority, host, run_at, discovered_by
