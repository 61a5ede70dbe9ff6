-- Whose listening connection is gone, and all others with it: those of a process that works bear its name.
-- pg_locks gives a key of 64 bits in two halves.
SELECT asked.owner FROM (
  SELECT value AS owner, hashtextextended(value, 3) AS key FROM json_array_elements_text(:owners::json)
) asked
WHERE NOT EXISTS (
    SELECT 1 FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND ((l.classid::bigint << 32) | l.objid::bigint) = asked.key)
  AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = 'quaero ' || asked.owner)
