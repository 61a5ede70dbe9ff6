SELECT * FROM (SELECT 'source' AS facet, source_type AS value, count(*) AS documents FROM found GROUP BY source_type
  ORDER BY 3 DESC, 2 LIMIT :most_values) s
UNION ALL
SELECT * FROM (SELECT 'tag', t.tag, count(DISTINCT t.document_id) FROM found f JOIN document_tags t ON t.document_id = f.id
  GROUP BY t.tag ORDER BY 3 DESC, 2 LIMIT :most_values) t
UNION ALL
SELECT * FROM (SELECT 'host', host, count(*) FROM found WHERE host <> '' GROUP BY host ORDER BY 3 DESC, 2 LIMIT :most_values) h
