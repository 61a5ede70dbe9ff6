SELECT root_id, number, at, type, job_id, data FROM events
WHERE root_id = :root_id AND number > :after AND number <= :up_to
ORDER BY number LIMIT :limit
