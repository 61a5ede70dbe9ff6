UPDATE progress SET slots = slots + :count WHERE job_id = :parent_id
