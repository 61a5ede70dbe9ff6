INSERT INTO answers (question, value, at) VALUES (:question, :value, :now)
ON CONFLICT (question) DO UPDATE SET value = excluded.value, at = excluded.at
