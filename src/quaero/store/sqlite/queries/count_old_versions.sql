-- Versions of definitions before the one that was the newest then, and before the last that a file brought.
SELECT count(*) FROM definition_versions v JOIN (
  SELECT definition_id, min(
    coalesce(max(CASE WHEN at <= :before THEN number END), 0),
    coalesce(max(CASE WHEN change = 'imported' THEN number END), max(number))) AS first
  FROM definition_versions GROUP BY definition_id) kept ON kept.definition_id = v.definition_id
WHERE v.number < kept.first
