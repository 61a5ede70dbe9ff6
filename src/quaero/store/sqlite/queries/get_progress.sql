SELECT total, waiting + pending + paused, running, completed, failed, cancelled, skipped,
  created, updated, unchanged, plan_closed, slots, max_documents FROM progress WHERE job_id = :job_id
