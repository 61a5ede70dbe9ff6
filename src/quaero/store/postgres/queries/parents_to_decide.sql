SELECT 1 FROM progress
WHERE dirty = 1 AND (step IS NULL OR (plan_closed = 1 AND waiting + pending + running + paused = 0))
LIMIT 1
