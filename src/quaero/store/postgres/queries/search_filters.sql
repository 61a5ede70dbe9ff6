WITH probes AS MATERIALIZED (
  SELECT * FROM json_to_recordset(:probes::json) AS p (query text, phrase text, found boolean, of_title boolean)
), {filters}
), kept_out AS MATERIALIZED (
  SELECT t.document_id FROM probes p JOIN document_texts t ON t.keys @@ p.query::tsquery
  WHERE p.phrase IS NULL
    OR p.found OR strpos(CASE WHEN p.of_title THEN split_part(t.words, E'\n', 1) ELSE t.words END, p.phrase) > 0
), passed AS MATERIALIZED (
  SELECT d.id, d.updated_at FROM documents d
  WHERE d.id NOT IN (SELECT document_id FROM kept_out)
    AND {search_filter}
), page AS (
  SELECT id FROM passed ORDER BY updated_at DESC, id LIMIT :limit OFFSET :offset
)
SELECT n.total, {document_columns}, 0.0::float8, left(d.markdown, 240)
FROM (SELECT count(*) AS total FROM passed) n
LEFT JOIN (page p JOIN documents d ON d.id = p.id) ON true
ORDER BY d.updated_at DESC, d.id
