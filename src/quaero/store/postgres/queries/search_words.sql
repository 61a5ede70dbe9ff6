-- BM25 as SQLite computes it (k1 = 1.2, b = 0.75). A probe finds the documents of some keys by the index; the
-- probes of a term together find those of the term. Where the keys do not tell how often it occurs, `phrase` is
-- counted in the texts; where they tell that it does (`found`), not in more than 1,000 of them: such a term ranks little.
-- Bits of the clauses: `mask` are those that decide, `wanted` what they must be.
WITH probes AS MATERIALIZED (
  SELECT * FROM json_to_recordset(:probes::json)
    AS p (term int, query text, occurrences float8, phrase text, found boolean, of_title boolean, weight float8, bit bigint)
), {filters}
), collection AS MATERIALIZED (  -- by a sample of 100 blocks, the same one every time; of a small table that is all
  SELECT count(*) / least(1, 100 * 8192.0 / greatest(pg_relation_size('document_texts'), 1)) AS documents,
    greatest(avg(size), 1)::float8 AS size
  FROM document_texts TABLESAMPLE SYSTEM
    (least(100, 100 * 100 * 8192.0 / greatest(pg_relation_size('document_texts'), 1))) REPEATABLE (1)
), hits AS MATERIALIZED (
  SELECT p.*, t.*
  FROM probes p CROSS JOIN LATERAL (
    SELECT count(*) AS documents, array_agg(t.document_id) AS ids, array_agg(t.size) AS sizes,
      NULL::float8[] AS counted
    FROM document_texts t WHERE t.keys @@ p.query::tsquery
  ) t
  WHERE p.phrase IS NULL
  UNION ALL
  SELECT p.*, t.*
  FROM probes p CROSS JOIN LATERAL (
    SELECT count(*), array_agg(document_id), array_agg(size), array_agg(occurrences) FROM (
      SELECT t.document_id, t.size, CASE WHEN p.found AND count(*) OVER () > 1000 THEN p.occurrences ELSE
        (CASE WHEN p.of_title THEN 0
          ELSE octet_length(t.words) - octet_length(replace(t.words, p.phrase, '')) END
        + (octet_length(l.title) - octet_length(replace(l.title, p.phrase, '')))
          * CASE WHEN p.of_title THEN :title_weight ELSE :title_weight - 1 END
        )::float8 / octet_length(p.phrase) END AS occurrences
      FROM document_texts t CROSS JOIN LATERAL (SELECT split_part(t.words, E'\n', 1) AS title) l
      WHERE t.keys @@ p.query::tsquery
      OFFSET 0
    ) x WHERE occurrences > 0
  ) t
  WHERE p.phrase IS NOT NULL
), weighted AS MATERIALIZED (
  SELECT h.ids, h.sizes, h.counted, h.occurrences, h.bit, 0.3::float8 AS base, 0.9 / c.size AS slope,
    2.2 * h.weight * greatest(ln((greatest(c.documents - h.matches, 0) + 0.5) / (h.matches + 0.5))::float8, 1e-6) AS weight
  FROM (SELECT h.*, sum(h.documents) OVER (PARTITION BY h.term) AS matches FROM hits h) h CROSS JOIN collection c
), found AS MATERIALIZED (
  SELECT d.document_id, sum(w.weight * coalesce(d.counted, w.occurrences)
    / (coalesce(d.counted, w.occurrences) + w.base + w.slope * d.size)) AS score
  FROM weighted w CROSS JOIN LATERAL unnest(w.ids, w.sizes, w.counted) AS d (document_id, size, counted)
  GROUP BY d.document_id
  HAVING (bit_or(w.bit) & :mask) = :wanted
), passed AS MATERIALIZED (
  SELECT f.document_id, f.score FROM found f
  WHERE :filters = '[]' OR EXISTS (
    SELECT 1 FROM documents d WHERE d.id = f.document_id AND {search_filter}
  )
), page AS (
  SELECT document_id, score FROM passed ORDER BY score DESC, document_id LIMIT :limit OFFSET :offset
)
SELECT n.total, {document_columns}, p.score, left(d.markdown, 1000000)
FROM (SELECT count(*) AS total FROM passed) n
LEFT JOIN (page p JOIN documents d ON d.id = p.document_id) ON true
ORDER BY p.score DESC, p.document_id
