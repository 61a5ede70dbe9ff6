SELECT min(run_at) FROM jobs WHERE parent_id = :parent_id AND state = 'pending'
