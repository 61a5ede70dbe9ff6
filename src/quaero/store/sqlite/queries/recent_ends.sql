SELECT type, max(run_at, created_at), started_at, finished_at, attempt
FROM (SELECT * FROM jobs ORDER BY id DESC LIMIT 5000)
WHERE kind = 'child' AND finished_at IS NOT NULL AND started_at IS NOT NULL
ORDER BY id DESC LIMIT :limit
