SELECT count(*) + 1 FROM jobs WHERE parent_id IN (SELECT job_id FROM progress WHERE root_id = :root_id)
