SELECT 1 FROM run_needs n LEFT JOIN jobs j ON j.id = n.needs_id
WHERE n.run_id = :run_id AND j.state IS DISTINCT FROM 'completed'
LIMIT 1
