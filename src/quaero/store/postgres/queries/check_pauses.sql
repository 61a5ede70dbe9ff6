-- I2: a paused run knows since when, and no other run does.
SELECT j.id, 'is ' || j.state || CASE WHEN r.paused_at IS NULL THEN ' and does not know since when' ELSE ' but has a time of its pause' END
FROM runs r JOIN jobs j ON j.id = r.job_id
WHERE (j.state = 'paused') <> (r.paused_at IS NOT NULL)
