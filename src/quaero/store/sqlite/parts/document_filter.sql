(:source_type IS NULL OR d.source_type = :source_type)
  AND (:tags IS NULL OR NOT EXISTS (
    SELECT 1 FROM json_each(:tags) wanted
    WHERE NOT EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = wanted.value)))
  AND (:url_part IS NULL OR instr(d.url, :url_part) > 0)
  AND (:host IS NULL OR {host_of_url} = :host)
  AND (:root_id IS NULL OR d.root_id = :root_id)
  AND (:created_after IS NULL OR d.created_at >= :created_after)
  AND (:updated_after IS NULL OR d.updated_at >= :updated_after)
  AND (:lacks_maker IS NULL OR NOT EXISTS (
    SELECT 1 FROM document_results r WHERE r.document_id = d.id AND r.agent = :lacks_agent AND r.maker = :lacks_maker
      AND r.content_hash = d.content_hash AND r.root_id IS NOT :but_of_run))
