-- A process that was killed cannot sign off. Those with even names hold a lock (see owners.py): without it they are listed
-- only for a moment. Of the others nobody knows: they are listed for a while after their last sign of life.
SELECT p.owner, p.role, p.host, p.pid, p.version, p.types, p.root_id, p.concurrency, p.started_at, p.seen_at,
  (SELECT count(*) FROM jobs WHERE state = 'running' AND lease_owner = p.owner)
FROM processes p
WHERE p.seen_at > extract(epoch FROM clock_timestamp()) * 1000 -
    CASE WHEN right(p.owner, 1) IN ('0', '2', '4', '6', '8', 'a', 'c', 'e') THEN 10000 ELSE 300000 END
  OR EXISTS (
    SELECT 1 FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(p.owner, 3))
ORDER BY p.started_at, p.owner
