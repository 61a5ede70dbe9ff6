-- After number_events: so many numbers back from the last one.
INSERT INTO events (root_id, number, at, type, job_id, data)
VALUES (:root_id, (SELECT last_event FROM runs WHERE job_id = :root_id) - :back, :at, :type, :job_id, :data)
