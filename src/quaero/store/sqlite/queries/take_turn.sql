UPDATE jobs SET state = :state, run_at = :now, finished_at = CASE WHEN :final THEN :now END WHERE id = :id
