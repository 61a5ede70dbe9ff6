DELETE FROM processes WHERE owner = ANY (ARRAY(SELECT json_array_elements_text(:owners::json)))
