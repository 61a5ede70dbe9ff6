INSERT INTO definitions (id, body, source, origin, enabled, created_at, updated_at)
VALUES (:id, :body, :source, :origin, :enabled, :now, :now)
ON CONFLICT (id) DO UPDATE SET body = excluded.body, source = excluded.source, origin = excluded.origin,
  enabled = excluded.enabled, updated_at = excluded.updated_at
WHERE body <> excluded.body OR source <> excluded.source OR origin <> excluded.origin
