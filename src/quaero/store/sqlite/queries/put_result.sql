INSERT INTO document_results (document_id, agent, version, model, maker, content_hash, value, at, job_id, root_id)
VALUES (:document_id, :agent, :version, :model, :maker, :content_hash, :value, :now, :job_id, :root_id)
ON CONFLICT (document_id, agent) DO UPDATE SET
  version = excluded.version, model = excluded.model, maker = excluded.maker, content_hash = excluded.content_hash,
  value = excluded.value, at = excluded.at, job_id = excluded.job_id, root_id = excluded.root_id
