SELECT pg_try_advisory_xact_lock(hashtextextended(name, 2)) FROM (
  SELECT value AS name FROM json_array_elements_text(:names::json) ORDER BY 1
) names
