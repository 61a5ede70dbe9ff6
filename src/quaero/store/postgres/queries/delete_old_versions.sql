-- Versions of definitions before the one that was the newest then, and before the last that a file brought; from the
-- first on, so that no hole remains.
DELETE FROM definition_versions WHERE (definition_id, number) IN (
  SELECT v.definition_id, v.number FROM definition_versions v JOIN (
    SELECT definition_id, least(
      coalesce(max(CASE WHEN at <= :before::bigint THEN number END), 0),
      coalesce(max(CASE WHEN change = 'imported' THEN number END), max(number))) AS first
    FROM definition_versions GROUP BY definition_id) kept ON kept.definition_id = v.definition_id
  WHERE v.number < kept.first ORDER BY v.definition_id, v.number LIMIT :limit)
RETURNING number
