DELETE FROM document_versions WHERE document_id = :document_id AND number <= :last
