INSERT INTO events (root_id, number, at, type, job_id, data)
VALUES (:root_id, :number, :at, :type, :job_id, :data)
