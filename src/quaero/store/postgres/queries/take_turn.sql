UPDATE jobs SET state = :state, run_at = 0, finished_at = CASE WHEN :final = 1 THEN greatest(:now, created_at) END WHERE id = :id
