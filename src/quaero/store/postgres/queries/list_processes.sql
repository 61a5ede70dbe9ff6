SELECT p.owner, p.role, p.host, p.pid, p.version, p.types, p.root_id, p.concurrency, p.started_at, p.seen_at,
  (SELECT count(*) FROM jobs WHERE state = 'running' AND lease_owner = p.owner)
FROM processes p ORDER BY p.started_at, p.owner
