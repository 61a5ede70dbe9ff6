-- I13: the history of a definition has no hole, and the definition is its newest version.
-- The oldest may be gone by their retention.
SELECT definition_id, 'its versions ' || min(number) || ' to ' || max(number) || ' are only ' || count(*) FROM definition_versions
GROUP BY definition_id HAVING max(number) - min(number) + 1 <> count(*)
UNION ALL
SELECT d.id, 'is version ' || d.version || ', the newest that is kept is ' || max(v.number)
FROM definitions d JOIN definition_versions v ON v.definition_id = d.id
GROUP BY d.id HAVING max(v.number) <> d.version
UNION ALL
SELECT d.id, 'is not what its newest version says'
FROM definitions d JOIN definition_versions v ON v.definition_id = d.id AND v.number = d.version
WHERE v.body <> d.body
