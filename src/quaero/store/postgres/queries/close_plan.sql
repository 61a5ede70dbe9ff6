UPDATE progress SET plan_closed = 1, dirty = 1 WHERE job_id = :parent_id RETURNING max_documents, slots, failed
