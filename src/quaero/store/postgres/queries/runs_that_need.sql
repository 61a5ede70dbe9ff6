SELECT j.id FROM run_needs n JOIN jobs j ON j.id = n.run_id
WHERE n.needs_id = :needs_id AND j.state IN ('waiting', 'paused')
ORDER BY j.id
