INSERT INTO definition_versions (definition_id, number, at, change, body, source)
SELECT :definition_id::text, 1 + coalesce(max(number), 0), :now::bigint, :change::text, :body::text, :source::text
FROM definition_versions WHERE definition_id = :definition_id
RETURNING number
