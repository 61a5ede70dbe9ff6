UPDATE jobs SET state = :state, finished_at = NULL, run_at = 0, attempt = 0, lost_leases = 0, suspicion = 0,
  reopened = reopened + 1, error_code = NULL, error = NULL, note = NULL,
  started_at = CASE WHEN kind = 'run' THEN coalesce(started_at, greatest(:now, created_at)) ELSE started_at END
WHERE id = :id
