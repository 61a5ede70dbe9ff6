INSERT INTO log_lines (job_id, number, at, level, message)
SELECT id, (SELECT coalesce(max(number), 0) + 1 FROM log_lines WHERE job_id = :job_id), :at::bigint, :level::text, :message::text
FROM jobs WHERE id = :job_id
