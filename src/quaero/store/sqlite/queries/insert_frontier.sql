INSERT INTO frontier (parent_id, dedupe_key, type, name, config, depth, priority, host, discovered_by)
VALUES (:parent_id, :dedupe_key, :type, :name, :config, :depth, :priority, :host, :discovered_by)
