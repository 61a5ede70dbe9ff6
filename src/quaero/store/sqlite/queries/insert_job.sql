INSERT INTO jobs (root_id, parent_id, kind, type, name, state, config, depth, discovered_by, priority, run_at, created_at)
VALUES (:root_id, :parent_id, :kind, :type, :name, :state, :config, :depth, :discovered_by, :priority, 0, :now)
RETURNING id
