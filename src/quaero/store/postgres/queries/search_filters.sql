WITH probes AS MATERIALIZED (
  SELECT * FROM json_to_recordset(:probes::json) AS p (query text, phrase text, found boolean, of_title boolean)
), filters AS MATERIALIZED (
  SELECT kind, ARRAY(SELECT json_array_elements_text(f."values") COLLATE "C") AS texts, excluded = 1 AS excluded
  FROM json_to_recordset(:filters::json) AS f (kind text, "values" json, excluded int)
), kept_out AS MATERIALIZED (
  SELECT t.document_id FROM probes p JOIN document_texts t ON t.keys @@ p.query::tsquery
  WHERE p.phrase IS NULL
    OR p.found OR strpos(CASE WHEN p.of_title THEN split_part(t.words, E'\n', 1) ELSE t.words END, p.phrase) > 0
), passed AS MATERIALIZED (
  SELECT d.id, d.updated_at FROM documents d
  WHERE d.id NOT IN (SELECT document_id FROM kept_out)
    AND NOT EXISTS (
      SELECT 1 FROM filters
      WHERE filters.excluded = EXISTS (
        SELECT 1 FROM unnest(filters.texts) v (value)
        WHERE CASE filters.kind
          WHEN 'url' THEN strpos(lower(d.url COLLATE "C"), lower(v.value COLLATE "C")) > 0
          WHEN 'tag' THEN EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = v.value)
          ELSE d.source_type = v.value
        END
      )
    )
), page AS (
  SELECT id FROM passed ORDER BY updated_at DESC, id LIMIT :limit OFFSET :offset
)
SELECT n.total, d.id, d.source_type, d.url, d.canonical_url, d.title, d.content_hash,
  coalesce((SELECT json_agg(DISTINCT tag)::text FROM document_tags t WHERE t.document_id = d.id), '[]'),
  d.metadata, d.created_at, d.updated_at,
  (SELECT r.results FROM results_of_documents r WHERE r.document_id = d.id), 0.0::float8, left(d.markdown, 240)
FROM (SELECT count(*) AS total FROM passed) n
LEFT JOIN (page p JOIN documents d ON d.id = p.id) ON true
ORDER BY d.updated_at DESC, d.id
