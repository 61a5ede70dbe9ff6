INSERT INTO log_lines (job_id, number, at, level, message)
SELECT job_id, coalesce((SELECT max(number) FROM log_lines l WHERE l.job_id = line.job_id), 0)
  + row_number() OVER (PARTITION BY job_id ORDER BY place), at, level, message
FROM ROWS FROM (json_to_recordset(:rows::json) AS (job_id bigint, at bigint, level text, message text))
  WITH ORDINALITY AS line (job_id, at, level, message, place)
ORDER BY place
