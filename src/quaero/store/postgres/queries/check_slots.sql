-- I7: a step never holds more slots than its limit, and one for each open child.
SELECT job_id, 'holds ' || slots || ' of ' || max_documents || ' slots with ' || (pending + running + paused) ||
  ' open children'
FROM progress
WHERE max_documents IS NOT NULL AND (slots > max_documents OR slots < pending + running + paused)
