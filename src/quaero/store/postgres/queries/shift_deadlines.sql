UPDATE progress SET deadline = deadline + :by WHERE root_id = :root_id AND deadline IS NOT NULL
