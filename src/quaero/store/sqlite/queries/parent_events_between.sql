SELECT root_id, number, at, type, job_id, data FROM events
WHERE root_id = :root_id AND number > :after AND number <= :up_to
  AND job_id IN (SELECT job_id FROM progress WHERE root_id = :root_id)
ORDER BY number LIMIT :limit
