-- How many children of each step began, and came to which end, in each span of so many milliseconds after `since`.
WITH steps(id) AS (SELECT job_id FROM progress WHERE root_id = :root_id AND step IS NOT NULL)
SELECT c.parent_id, (c.started_at - :since) / :span, 'started', count(*)
FROM steps s JOIN jobs c ON c.parent_id = s.id
WHERE c.started_at IS NOT NULL GROUP BY 1, 2
UNION ALL
SELECT c.parent_id, (c.finished_at - :since) / :span, c.state, count(*)
FROM steps s JOIN jobs c ON c.parent_id = s.id
WHERE c.finished_at IS NOT NULL AND c.started_at IS NOT NULL GROUP BY 1, 2, 3
