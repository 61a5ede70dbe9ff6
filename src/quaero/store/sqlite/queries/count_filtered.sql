SELECT count(*) FROM documents d
WHERE (:excluded IS NULL OR d.id NOT IN (SELECT rowid FROM documents_text WHERE documents_text MATCH :excluded))
  AND {search_filter}
