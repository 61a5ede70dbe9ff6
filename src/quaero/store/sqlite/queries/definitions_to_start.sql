SELECT id, body FROM definitions
WHERE enabled = 1 AND CASE WHEN json_valid(body) THEN json_extract(body, '$.auto_start') ELSE 0 END
ORDER BY id
