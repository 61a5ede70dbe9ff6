UPDATE runs SET last_event = last_event + :count WHERE job_id = :root_id
