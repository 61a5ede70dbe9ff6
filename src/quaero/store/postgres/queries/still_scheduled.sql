-- To switch a definition off makes a new version of it.
SELECT 1 FROM definitions WHERE id = :definition_id AND version = :version
