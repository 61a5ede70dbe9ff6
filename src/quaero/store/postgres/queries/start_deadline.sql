UPDATE progress
SET deadline = coalesce((SELECT paused_at FROM runs WHERE runs.job_id = progress.root_id), :now) + timeout
WHERE job_id = :job_id AND timeout IS NOT NULL AND deadline IS NULL
