INSERT INTO progress (job_id, root_id, step, max_failures, max_failed_percent, failure_action, timeout)
VALUES (:job_id, :root_id, :step, :max_failures, :max_failed_percent, :failure_action, :timeout)
