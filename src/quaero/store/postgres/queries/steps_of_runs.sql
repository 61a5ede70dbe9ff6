-- The steps of runs, each with its counts and with the time of its newest child while it runs.
SELECT {job_columns},
  p.total, p.waiting + p.pending + p.paused, p.running, p.completed, p.failed, p.cancelled, p.skipped,
  p.created, p.updated, p.unchanged, p.plan_closed, p.slots, p.max_documents, p.rate,
  CASE WHEN j.state = 'running' THEN
    (SELECT c.created_at FROM jobs c WHERE c.parent_id = j.id ORDER BY c.id DESC LIMIT 1) END
FROM progress p JOIN jobs j ON j.id = p.job_id
WHERE p.root_id = ANY (ARRAY(SELECT json_array_elements_text(:ids::json)::bigint)) AND p.step IS NOT NULL
ORDER BY p.root_id, p.step
