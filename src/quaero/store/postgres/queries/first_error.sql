SELECT error_code, error FROM jobs WHERE parent_id = :parent_id AND state = 'failed' ORDER BY finished_at, id LIMIT 1
