INSERT INTO work_keys (parent_id, dedupe_key)
SELECT :parent_id::bigint, value FROM json_array_elements_text(:keys::json)
ON CONFLICT DO NOTHING RETURNING dedupe_key
