SELECT d.url, r.value FROM documents d
LEFT JOIN document_results r ON r.document_id = d.id AND r.agent = :agent
WHERE d.id = :document_id
