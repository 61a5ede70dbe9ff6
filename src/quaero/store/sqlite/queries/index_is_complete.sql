SELECT (SELECT count(*) FROM documents) = (SELECT count(*) FROM documents_text_next_docsize)
