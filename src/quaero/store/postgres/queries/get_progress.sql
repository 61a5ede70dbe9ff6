SELECT total, waiting + pending + paused, running, completed, failed, cancelled, skipped,
  created, updated, unchanged, plan_closed, slots, max_documents, rate, rated_at, rated_ended,
  max_failures, max_failed_percent, failure_action
FROM progress WHERE job_id = :job_id
