SELECT root_id, number, at, type, job_id, data FROM events
WHERE (root_id, number) > (:after, :after_number) ORDER BY root_id, number LIMIT :limit
