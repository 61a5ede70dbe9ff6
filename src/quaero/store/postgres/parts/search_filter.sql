NOT EXISTS (
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
