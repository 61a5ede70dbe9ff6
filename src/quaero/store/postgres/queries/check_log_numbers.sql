-- I17: the lines of a job's log are numbered from 1 without gap or repeat.
SELECT job_id, 'its log lines are not numbered 1 to ' || count(*) FROM log_lines
GROUP BY job_id HAVING min(number) <> 1 OR max(number) <> count(*)
