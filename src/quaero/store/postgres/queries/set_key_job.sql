UPDATE work_keys k SET job_id = named.job_id
FROM json_to_recordset(:rows::json) AS named (parent_id bigint, dedupe_key text, job_id bigint)
WHERE k.parent_id = named.parent_id AND md5(k.dedupe_key)::uuid = md5(named.dedupe_key)::uuid
  AND k.dedupe_key = named.dedupe_key
