SELECT p.job_id, p.root_id, p.concurrency - p.running
FROM progress p
WHERE p.pending > 0 AND (:root_id IS NULL OR p.root_id = :root_id)
ORDER BY p.job_id
