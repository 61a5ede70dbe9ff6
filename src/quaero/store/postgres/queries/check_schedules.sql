-- I19: whatever is planned has been written by someone.
SELECT s.definition_id, 'has a schedule, but there is no such definition'
FROM schedules s LEFT JOIN definitions d ON d.id = s.definition_id WHERE d.id IS NULL AND s.version > 0 -- 0: it ships with the program
