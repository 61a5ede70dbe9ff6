-- How many children of a step there are of each host, at each depth, in each state.
SELECT coalesce(host, ''), depth, state, count(*) FROM jobs WHERE parent_id = :parent_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
