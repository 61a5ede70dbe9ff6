UPDATE documents SET url = :url, title = :title, markdown = :markdown, metadata = :metadata,
  content_hash = :content_hash, updated_at = :now, checked_at = :now, job_id = :job_id, root_id = :root_id,
  version = version + 1
WHERE id = :id
