UPDATE schedules SET skipped = skipped + :skipped, error = :error WHERE definition_id = :definition_id
