DELETE FROM run_needs WHERE run_id = :run_id
