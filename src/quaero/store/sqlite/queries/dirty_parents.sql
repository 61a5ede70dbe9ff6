SELECT job_id, plan_closed, total, waiting + pending + paused, running, completed, failed, cancelled, skipped
FROM progress
WHERE dirty = 1 AND (:root_id IS NULL OR root_id = :root_id)
ORDER BY job_id DESC
