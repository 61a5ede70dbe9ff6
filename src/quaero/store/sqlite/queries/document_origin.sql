SELECT d.root_id, (SELECT j.name FROM jobs j WHERE j.id = d.root_id), d.checked_at, d.version,
  (SELECT s.media_type FROM document_sources s WHERE s.document_id = d.id),
  (SELECT max(b.id) FROM documents b WHERE b.id < d.id), (SELECT min(a.id) FROM documents a WHERE a.id > d.id)
FROM documents d WHERE d.id = :id
