SELECT scope, key, concurrency, paused FROM gates ORDER BY scope, key
