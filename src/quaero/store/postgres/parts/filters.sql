filters AS MATERIALIZED (
  SELECT kind, ARRAY(SELECT json_array_elements_text(f."values") COLLATE "C") AS texts, excluded = 1 AS excluded
  FROM json_to_recordset(:filters::json) AS f (kind text, "values" json, excluded int)
