SELECT count(*) FROM jobs WHERE root_id = :root_id
