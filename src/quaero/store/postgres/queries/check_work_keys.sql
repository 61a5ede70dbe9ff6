-- I6: every name of a piece of work belongs to a job of its parent, or waits in the frontier.
SELECT k.parent_id, 'the work ' || k.dedupe_key || ' belongs to no job'
FROM work_keys k LEFT JOIN jobs j ON j.id = k.job_id
WHERE (k.job_id IS NOT NULL AND (j.id IS NULL OR j.parent_id <> k.parent_id))
  OR (k.job_id IS NULL AND NOT EXISTS
    (SELECT 1 FROM frontier f WHERE f.parent_id = k.parent_id AND md5(f.dedupe_key)::uuid = md5(k.dedupe_key)::uuid
      AND f.dedupe_key = k.dedupe_key))
