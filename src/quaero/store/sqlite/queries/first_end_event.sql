SELECT number FROM events
WHERE root_id = :root_id AND type IN (SELECT value FROM json_each(:types))
ORDER BY number LIMIT 1
