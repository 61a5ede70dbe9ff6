SELECT body FROM definition_versions WHERE definition_id = :definition_id AND change = 'imported'
ORDER BY number DESC LIMIT 1
