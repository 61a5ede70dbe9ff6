-- I10: nothing ends before it starts.
SELECT id, 'ended before it started' FROM jobs WHERE finished_at < started_at OR started_at < created_at
