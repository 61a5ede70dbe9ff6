DELETE FROM log_lines WHERE job_id IN (
  SELECT j.id FROM json_each(:job_ids) wanted JOIN jobs j ON j.id = wanted.value JOIN jobs root ON root.id = j.root_id
  WHERE root.finished_at <= :before)
RETURNING id
