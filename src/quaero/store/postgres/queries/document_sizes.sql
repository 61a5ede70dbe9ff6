SELECT id, length(markdown) FROM documents WHERE id IN (SELECT value::bigint FROM json_array_elements_text(:ids::json))
