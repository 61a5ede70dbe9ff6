-- I21: a gate holds something back, and has a key unless it is for all jobs.
SELECT scope || ' ' || key, CASE WHEN concurrency IS NULL AND paused = 0 THEN 'holds nothing back' ELSE 'has no key that fits' END
FROM gates WHERE (concurrency IS NULL AND paused = 0) OR (scope = 'all') <> (key = '')
