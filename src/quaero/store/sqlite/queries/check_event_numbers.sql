-- I15: the events of a run are numbered from 1 without gap or repeat.
SELECT r.job_id, 'has ' || count(e.id) || ' events numbered ' || coalesce(min(e.number), 0) || ' to ' ||
  coalesce(max(e.number), 0) || ', the last should be ' || r.last_event
FROM runs r LEFT JOIN events e ON e.root_id = r.job_id
GROUP BY r.job_id
HAVING count(e.id) <> r.last_event OR coalesce(max(e.number), 0) <> r.last_event OR coalesce(min(e.number), 1) <> 1
