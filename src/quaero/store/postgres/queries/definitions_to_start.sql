SELECT id, body FROM definitions
WHERE enabled = 1 AND body::json ->> 'auto_start' = 'true'
ORDER BY id
