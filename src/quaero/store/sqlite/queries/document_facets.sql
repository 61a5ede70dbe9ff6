-- Of the newest documents, by what they are; the time of their last change is asked of its index.
WITH found AS MATERIALIZED (
  SELECT d.id, d.source_type, {host_of_url} AS host
  FROM documents d
  WHERE (:source_type IS NULL OR d.source_type = :source_type)
    AND (:tags IS NULL OR NOT EXISTS (
      SELECT 1 FROM json_each(:tags) wanted
      WHERE NOT EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = wanted.value)))
    AND (:url_part IS NULL OR instr(d.url, :url_part) > 0)
    AND (:host IS NULL OR {host_of_url} = :host)
    AND (:root_id IS NULL OR d.root_id = :root_id)
    AND (:created_after IS NULL OR d.created_at >= :created_after)
    AND (:updated_after IS NULL OR d.id IN (SELECT u.id FROM documents u WHERE u.updated_at >= :updated_after))
    AND (:lacks_maker IS NULL OR NOT EXISTS (
      SELECT 1 FROM document_results r WHERE r.document_id = d.id AND r.agent = :lacks_agent AND r.maker = :lacks_maker
        AND r.content_hash = d.content_hash AND r.root_id IS NOT :but_of_run))
  ORDER BY d.id DESC LIMIT :most
), recent AS MATERIALIZED (
  SELECT u.id, u.updated_at FROM documents u WHERE u.updated_at >= :month
)
{facet_values}
UNION ALL
SELECT 'updated', 'day', count(*) FROM recent JOIN found ON found.id = recent.id WHERE recent.updated_at >= :day
UNION ALL
SELECT 'updated', 'week', count(*) FROM recent JOIN found ON found.id = recent.id WHERE recent.updated_at >= :week
UNION ALL
SELECT 'updated', 'month', count(*) FROM recent JOIN found ON found.id = recent.id
