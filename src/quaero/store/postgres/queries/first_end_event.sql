SELECT number FROM events
WHERE root_id = :root_id AND type = ANY (ARRAY(SELECT json_array_elements_text(:types::json)))
ORDER BY number LIMIT 1
