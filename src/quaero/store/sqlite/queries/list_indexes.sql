-- Those of the full-text index belong to it.
SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name NOT LIKE 'documents_text%' ORDER BY name
