INSERT INTO work_keys (parent_id, dedupe_key, job_id)
SELECT parent_id, dedupe_key, job_id
FROM json_to_recordset(:rows::json) AS named (parent_id bigint, dedupe_key text, job_id bigint)
ON CONFLICT DO NOTHING RETURNING dedupe_key
