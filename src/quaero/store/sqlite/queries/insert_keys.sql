INSERT INTO work_keys (parent_id, dedupe_key)
SELECT :parent_id, value FROM json_each(:keys) WHERE true
ON CONFLICT DO NOTHING RETURNING dedupe_key
