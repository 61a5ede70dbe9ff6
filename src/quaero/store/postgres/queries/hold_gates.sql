SELECT limited, CASE
  WHEN limited THEN pg_advisory_xact_lock(hashtextextended('gates', 2))::text
  ELSE pg_advisory_xact_lock_shared(hashtextextended('gates', 2))::text
END
FROM (SELECT EXISTS (SELECT 1 FROM gates) AS limited) found
