INSERT INTO credentials (name, hosts, kind, sealed, key_id, created_at, updated_at)
VALUES (:name, :hosts, :kind, :sealed, :key_id, :now, :now)
ON CONFLICT (name) DO UPDATE SET
  hosts = excluded.hosts, kind = excluded.kind, sealed = excluded.sealed, key_id = excluded.key_id,
  updated_at = excluded.updated_at
WHERE :replace = 1
RETURNING name
