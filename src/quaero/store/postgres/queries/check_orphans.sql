-- I5: every job hangs on its run, and every parent has its counts.
SELECT j.id, 'has no run, or a parent of another run'
FROM jobs j LEFT JOIN jobs p ON p.id = j.parent_id LEFT JOIN runs r ON r.job_id = j.root_id
WHERE r.job_id IS NULL OR (j.parent_id IS NOT NULL AND (p.id IS NULL OR p.root_id <> j.root_id))
UNION ALL
SELECT j.id, 'has no counts' FROM jobs j
WHERE j.kind <> 'child' AND NOT EXISTS (SELECT 1 FROM progress p WHERE p.job_id = j.id)
