-- From the first of each document on, so that no hole remains whatever the clock did.
DELETE FROM document_versions WHERE (document_id, number) IN (
  SELECT v.document_id, v.number FROM (
    SELECT document_id, max(number) AS last FROM document_versions WHERE replaced_at < :before GROUP BY document_id
  ) old JOIN document_versions v ON v.document_id = old.document_id AND v.number <= old.last
  ORDER BY v.document_id, v.number LIMIT :limit)
RETURNING number
