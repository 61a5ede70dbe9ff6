SELECT p.job_id, p.concurrency - p.running
FROM progress p JOIN jobs j ON j.id = p.job_id
WHERE p.pending > 0 AND (:root_id IS NULL OR p.root_id = :root_id)
  AND (j.state = 'running' OR (j.state = 'pending' AND j.kind = 'run'))
ORDER BY +p.job_id -- not the order of the table, or all parents are read
