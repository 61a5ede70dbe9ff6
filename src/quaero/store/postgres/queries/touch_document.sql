WITH former AS (SELECT id, url FROM documents WHERE id = :id)
UPDATE documents d SET url = :url, checked_at = :now, job_id = :job_id, root_id = :root_id
FROM former WHERE d.id = former.id
RETURNING CASE WHEN d.url <> former.url THEN d.title END, CASE WHEN d.url <> former.url THEN d.markdown END
