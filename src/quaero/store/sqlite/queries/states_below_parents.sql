-- The steps and the child jobs of one run or of all, by the counts that their parents keep.
SELECT CASE WHEN step IS NULL THEN 'parent' ELSE 'child' END, sum(waiting), sum(pending), sum(running), sum(paused), sum(completed), sum(failed), sum(cancelled), sum(skipped)
FROM progress WHERE :root_id IS NULL OR root_id = :root_id GROUP BY 1
