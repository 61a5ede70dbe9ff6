INSERT INTO jobs (root_id, parent_id, kind, type, name, state, priority, run_at, created_at)
VALUES (:root_id, :parent_id, :kind, :type, :name, :state, :priority, :run_at, :now)
RETURNING id
