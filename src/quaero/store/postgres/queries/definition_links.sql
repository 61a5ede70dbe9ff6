-- Which definitions each one runs before and after itself, as JSON.
SELECT id, body::json ->> 'pre_jobs', body::json ->> 'post_jobs' FROM definitions
WHERE body::json ->> 'pre_jobs' <> '[]' OR body::json ->> 'post_jobs' <> '[]'
