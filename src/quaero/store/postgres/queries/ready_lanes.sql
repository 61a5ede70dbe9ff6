SELECT p.job_id, p.root_id, p.concurrency - p.running, root.priority, r.definition_id, j.kind
FROM progress p
JOIN jobs j ON j.id = p.job_id
JOIN jobs root ON root.id = p.root_id
JOIN runs r ON r.job_id = p.root_id
WHERE (p.pending > 0 OR p.job_id = :planned::bigint) -- whose new children are not counted yet
  AND (:runs::text IS NULL OR p.root_id = ANY (ARRAY(SELECT json_array_elements_text(:runs::json)::bigint)))
  AND (j.state = 'running' OR (j.state = 'pending' AND j.kind = 'run'))
  AND root.state IN ('pending', 'running') AND root.run_at <= :now
ORDER BY root.priority, p.job_id
