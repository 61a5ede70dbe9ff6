INSERT INTO processes (owner, role, host, pid, version, types, root_id, concurrency, started_at, seen_at)
VALUES (:owner, :role, :host, :pid, :version, :types, :root_id, :concurrency, :now, :now)
ON CONFLICT (owner) DO UPDATE SET seen_at = excluded.seen_at
