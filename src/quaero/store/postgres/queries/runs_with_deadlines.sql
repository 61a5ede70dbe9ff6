SELECT DISTINCT p.root_id FROM progress p JOIN runs r ON r.job_id = p.root_id
WHERE p.deadline IS NOT NULL AND r.paused_at IS NULL
