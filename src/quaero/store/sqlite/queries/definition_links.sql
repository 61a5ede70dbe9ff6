-- Which definitions each one runs before and after itself, as JSON.
SELECT id, body -> 'pre_jobs', body -> 'post_jobs' FROM definitions
WHERE body -> 'pre_jobs' <> '[]' OR body -> 'post_jobs' <> '[]'
