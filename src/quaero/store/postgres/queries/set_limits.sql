UPDATE progress SET concurrency = :concurrency, max_documents = :max_documents WHERE job_id = :parent_id
