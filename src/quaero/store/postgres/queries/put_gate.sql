INSERT INTO gates (scope, key, concurrency, paused) VALUES (:scope, :key, :concurrency, :paused)
ON CONFLICT (scope, key) DO UPDATE SET concurrency = excluded.concurrency, paused = excluded.paused
