-- I21: nothing waits for a slot of a step that is complete.
SELECT f.parent_id, count(*) || ' children wait in the frontier of a step that ended'
FROM frontier f JOIN jobs j ON j.id = f.parent_id
WHERE j.state IN ('completed', 'skipped') GROUP BY f.parent_id
