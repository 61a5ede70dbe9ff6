-- The steps and the child jobs of one run or of all, by the counts that their parents keep.
SELECT CASE WHEN step IS NULL THEN 'parent' ELSE 'child' END, sum(waiting)::bigint, sum(pending)::bigint, sum(running)::bigint, sum(paused)::bigint, sum(completed)::bigint, sum(failed)::bigint, sum(cancelled)::bigint, sum(skipped)::bigint
FROM progress WHERE :root_id::bigint IS NULL OR root_id = :root_id GROUP BY 1
