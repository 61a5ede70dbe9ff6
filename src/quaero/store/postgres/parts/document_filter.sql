(:source_type::text IS NULL OR d.source_type = :source_type)
  AND (:tags::text IS NULL OR NOT EXISTS (
    SELECT 1 FROM json_array_elements_text(:tags::json) wanted (value)
    WHERE NOT EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = wanted.value)))
  AND (:url_part::text IS NULL OR strpos(d.url, :url_part) > 0)
  AND (:host::text IS NULL OR split_part(split_part(d.url, '://', 2), '/', 1) = :host)
  AND (:root_id::bigint IS NULL OR d.root_id = :root_id)
  AND (:created_after::bigint IS NULL OR d.created_at >= :created_after)
  AND (:updated_after::bigint IS NULL OR d.updated_at >= :updated_after)
  AND (:lacks_maker::text IS NULL OR NOT EXISTS (
    SELECT 1 FROM document_results r WHERE r.document_id = d.id AND r.agent = :lacks_agent AND r.maker = :lacks_maker
      AND r.content_hash = d.content_hash AND r.root_id IS DISTINCT FROM :but_of_run::bigint))
