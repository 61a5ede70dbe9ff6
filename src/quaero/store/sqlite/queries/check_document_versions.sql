-- I13: what is kept of a document's history goes without a hole up to the present content.
SELECT d.id, 'is version ' || d.version || ', its versions ' || min(v.number) || ' to ' || max(v.number) || ' are ' || count(*)
FROM documents d JOIN document_versions v ON v.document_id = d.id
GROUP BY d.id, d.version HAVING max(v.number) <> d.version - 1 OR max(v.number) - min(v.number) + 1 <> count(*)
