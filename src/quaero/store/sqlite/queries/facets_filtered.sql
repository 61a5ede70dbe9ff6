WITH found AS MATERIALIZED (
  SELECT d.id, d.source_type, {host_of_url} AS host
  FROM documents d
  WHERE (:excluded IS NULL OR d.id NOT IN (SELECT rowid FROM documents_text WHERE documents_text MATCH :excluded))
    AND {search_filter}
  LIMIT :most
)
{facet_values}
