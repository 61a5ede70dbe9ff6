SELECT definition_id, number, at, change, body, source FROM definition_versions
WHERE (definition_id, number) > (:after, :after_number) ORDER BY definition_id, number LIMIT :limit
