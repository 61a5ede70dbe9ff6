UPDATE jobs SET state = :state, run_at = 0, finished_at = CASE WHEN :final THEN max(:now, created_at) END WHERE id = :id
