-- Of the newest documents, by what they are; the time of their last change is asked of its index.
WITH found AS MATERIALIZED (
  SELECT d.id, d.source_type, split_part(split_part(d.url, '://', 2), '/', 1) AS host
  FROM documents d
  WHERE {document_filter}
  ORDER BY d.id DESC LIMIT :most
), recent AS MATERIALIZED (
  SELECT u.id, u.updated_at FROM documents u WHERE u.updated_at >= :month::bigint
)
{facet_values}
UNION ALL
SELECT 'updated', 'day', count(*) FROM recent JOIN found ON found.id = recent.id WHERE recent.updated_at >= :day::bigint
UNION ALL
SELECT 'updated', 'week', count(*) FROM recent JOIN found ON found.id = recent.id WHERE recent.updated_at >= :week::bigint
UNION ALL
SELECT 'updated', 'month', count(*) FROM recent JOIN found ON found.id = recent.id
