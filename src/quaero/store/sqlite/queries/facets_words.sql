WITH found AS MATERIALIZED (
  SELECT d.id, d.source_type, {host_of_url} AS host
  FROM documents_text JOIN documents d ON d.id = documents_text.rowid
  WHERE documents_text MATCH :match
    AND {search_filter}
  LIMIT :most
)
{facet_values}
