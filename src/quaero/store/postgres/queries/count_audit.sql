SELECT count(*) FROM audit WHERE :before::bigint IS NULL OR at < :before
