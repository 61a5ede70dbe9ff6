-- I12: a child that failed says why.
SELECT id, 'failed without an error' FROM jobs WHERE kind = 'child' AND state = 'failed' AND error_code IS NULL
