SELECT limited, CASE
  WHEN limited THEN pg_try_advisory_xact_lock(hashtextextended('gates', 2))
  ELSE pg_try_advisory_xact_lock_shared(hashtextextended('gates', 2))
END
FROM (SELECT EXISTS (SELECT 1 FROM gates) AS limited) found
