SELECT max_documents, slots, planned FROM progress WHERE job_id = :parent_id
