SELECT type, state, count(*), min(CASE WHEN run_at <= :now THEN max(run_at, created_at) END)
FROM jobs WHERE state = 'pending' AND kind <> 'run' GROUP BY type, state
UNION ALL
SELECT type, state, count(*), NULL FROM jobs WHERE state = 'running' AND kind <> 'run' GROUP BY type, state
UNION ALL
SELECT type, state, count(*), NULL FROM jobs WHERE state IN ('waiting', 'paused') AND kind <> 'run' GROUP BY type, state
