SELECT plan_closed FROM progress WHERE job_id = :job_id
