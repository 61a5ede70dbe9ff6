SELECT number, at, change, body, source FROM definition_versions
WHERE definition_id = :definition_id AND (:number::bigint IS NULL OR number = :number) ORDER BY number
