SELECT 1 FROM definitions WHERE id = :definition_id AND enabled = 1 AND version = :version
