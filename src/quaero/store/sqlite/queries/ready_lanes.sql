SELECT p.job_id, p.root_id, p.concurrency - p.running, root.priority, r.definition_id, j.kind
FROM (
  SELECT job_id, root_id, concurrency, running FROM progress WHERE pending > 0
  UNION ALL SELECT job_id, root_id, concurrency, running FROM progress WHERE job_id = :planned AND pending <= 0
) p -- planned: its new children are not counted yet
JOIN jobs j ON j.id = p.job_id
JOIN jobs root ON root.id = p.root_id
JOIN runs r ON r.job_id = p.root_id
WHERE (:runs IS NULL OR p.root_id IN (SELECT value FROM json_each(:runs)))
  AND (j.state = 'running' OR (j.state = 'pending' AND j.kind = 'run'))
  AND root.state IN ('pending', 'running') AND root.run_at <= :now
ORDER BY root.priority, +p.job_id -- not the order of the table, or all parents are read
