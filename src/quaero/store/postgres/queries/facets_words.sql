-- What `search_words` finds, without ranking it.
WITH probes AS MATERIALIZED (
  SELECT * FROM json_to_recordset(:probes::json) AS p (query text, phrase text, found boolean, of_title boolean, bit bigint)
), {filters}
), hits AS MATERIALIZED (
  SELECT p.bit, t.document_id
  FROM probes p JOIN document_texts t ON t.keys @@ p.query::tsquery
  WHERE p.phrase IS NULL
    OR p.found OR strpos(CASE WHEN p.of_title THEN split_part(t.words, E'\n', 1) ELSE t.words END, p.phrase) > 0
), matching AS MATERIALIZED (
  SELECT document_id FROM hits GROUP BY document_id HAVING (bit_or(bit) & :mask) = :wanted
), found AS MATERIALIZED (
  SELECT d.id, d.source_type, split_part(split_part(d.url, '://', 2), '/', 1) AS host
  FROM matching JOIN documents d ON d.id = matching.document_id
  WHERE true
    AND {search_filter}
  LIMIT :most
)
{facet_values}
