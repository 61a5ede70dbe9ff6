SELECT count(*) FROM (
  SELECT document_id, max(number) AS last FROM document_versions WHERE replaced_at < :before GROUP BY document_id
) old JOIN document_versions v ON v.document_id = old.document_id AND v.number <= old.last
