SELECT count(*) FROM audit WHERE :before IS NULL OR at < :before
