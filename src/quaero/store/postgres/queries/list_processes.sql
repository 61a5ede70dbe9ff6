-- Without those that hold no lock and gave no sign of life for a while: a process that was killed cannot sign off.
SELECT p.owner, p.role, p.host, p.pid, p.version, p.types, p.root_id, p.concurrency, p.started_at, p.seen_at,
  (SELECT count(*) FROM jobs WHERE state = 'running' AND lease_owner = p.owner)
FROM processes p
WHERE p.seen_at > extract(epoch FROM clock_timestamp()) * 1000 - 30000
  OR EXISTS (
    SELECT 1 FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(p.owner, 3))
ORDER BY p.started_at, p.owner
