SELECT count(*) FROM documents_text
WHERE documents_text MATCH :match
  AND (:filters = '[]' OR EXISTS (SELECT 1 FROM documents d WHERE d.id = documents_text.rowid AND NOT EXISTS (
    SELECT 1 FROM json_each(:filters) f
    WHERE (f.value ->> 'excluded') = EXISTS (
      SELECT 1 FROM json_each(f.value, '$.values') v
      WHERE CASE f.value ->> 'kind'
        WHEN 'url' THEN instr(lower(d.url), lower(v.value)) > 0
        WHEN 'tag' THEN EXISTS (SELECT 1 FROM document_tags t WHERE t.document_id = d.id AND t.tag = v.value)
        ELSE d.source_type = v.value
      END
    )
  )))
