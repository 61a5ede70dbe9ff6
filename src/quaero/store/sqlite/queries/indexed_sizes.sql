-- `sz`: the numbers of words that the index has of each column, as variable-length integers; NULL: it lacks the document.
SELECT d.id, d.title, d.markdown, d.url, t.sz
FROM documents d LEFT JOIN documents_text_docsize t ON t.id = d.id
WHERE d.id > :after ORDER BY d.id LIMIT 20
