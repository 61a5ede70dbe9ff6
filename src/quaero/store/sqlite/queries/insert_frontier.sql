INSERT INTO frontier (parent_id, dedupe_key, type, name, config, depth, priority, host, run_at, discovered_by)
VALUES (:parent_id, :dedupe_key, :type, :name, :config, :depth, :priority, :host, :run_at, :discovered_by)
