INSERT INTO run_needs (run_id, needs_id) VALUES (:run_id, :needs_id)
