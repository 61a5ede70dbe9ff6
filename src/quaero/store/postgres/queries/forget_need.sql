DELETE FROM run_needs WHERE needs_id = :needs_id
