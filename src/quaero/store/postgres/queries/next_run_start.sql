SELECT min(run_at) FROM jobs WHERE state = 'pending' AND kind = 'run' AND run_at > :now
