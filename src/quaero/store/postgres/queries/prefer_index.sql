-- Without statistics of a new table the server would read all of it, for every probe, and keep to that plan.
SELECT set_config('enable_seqscan', 'off', true)
