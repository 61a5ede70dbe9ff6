-- I21: a gate holds something back, and has a key unless it is for all jobs.
SELECT scope || ' ' || key, iif(concurrency IS NULL AND NOT paused, 'holds nothing back', 'has no key that fits')
FROM gates WHERE (concurrency IS NULL AND NOT paused) OR (scope = 'all') <> (key = '')
