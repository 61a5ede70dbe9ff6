-- The documents that jobs of a run saw last; those that a later run has seen again are that run's.
SELECT job_id, id, created_at, updated_at, checked_at FROM documents
WHERE root_id = :root_id AND job_id = ANY (ARRAY(SELECT json_array_elements_text(:ids::json)::bigint))
ORDER BY id
