DELETE FROM log_lines WHERE job_id IN (
  SELECT j.id FROM json_array_elements_text(:job_ids::json) wanted (value) JOIN jobs j ON j.id = wanted.value::bigint
    JOIN jobs root ON root.id = j.root_id
  WHERE root.finished_at <= :before)
RETURNING id
