-- Some that the new index lacks: a hundred, or as many as have a megabyte.
SELECT id FROM (
  SELECT id, sum(size) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS size_before
  FROM (
    SELECT d.id, octet_length(d.markdown) AS size FROM documents d
    WHERE d.id > :after AND (:up_to IS NULL OR d.id <= :up_to)
      AND NOT EXISTS (SELECT 1 FROM documents_text_next_docsize t WHERE t.id = d.id)
    ORDER BY d.id LIMIT 100
  )
)
WHERE coalesce(size_before, 0) < 1000000
ORDER BY id
