-- I15: the events of a run are numbered without gap or repeat, from 1 or from where they are still kept.
SELECT r.job_id, 'has ' || count(e.number) || ' events numbered ' || coalesce(min(e.number), 0) || ' to ' ||
  coalesce(max(e.number), 0) || ', they should be ' || (r.pruned_events + 1) || ' to ' || r.last_event
FROM runs r LEFT JOIN events e ON e.root_id = r.job_id
GROUP BY r.job_id
HAVING count(e.number) <> r.last_event - r.pruned_events OR coalesce(max(e.number), r.pruned_events) <> r.last_event
  OR coalesce(min(e.number), r.pruned_events + 1) <> r.pruned_events + 1
