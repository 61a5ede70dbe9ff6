SELECT 1 FROM jobs
WHERE type = 'reindex' AND kind = 'parent' AND state NOT IN ('completed', 'failed', 'cancelled', 'skipped') LIMIT 1
