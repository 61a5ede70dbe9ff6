INSERT INTO definitions (id, body, source, origin, enabled, edited, version, created_at, updated_at)
VALUES (:id, :body, :source, :origin, :enabled, :edited, :version, :now, :now)
ON CONFLICT (id) DO UPDATE SET body = excluded.body, source = excluded.source, origin = excluded.origin,
  enabled = excluded.enabled, edited = excluded.edited, version = excluded.version, updated_at = excluded.updated_at
