INSERT INTO definition_versions (definition_id, number, at, change, body, source)
SELECT :definition_id, 1 + coalesce(max(number), 0), :now, :change, :body, :source
FROM definition_versions WHERE definition_id = :definition_id
RETURNING number
