DELETE FROM schedules WHERE definition_id = :definition_id
