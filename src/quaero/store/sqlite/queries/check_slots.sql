-- I7: the slots of a limit are those of open children and stored documents, and never too many.
SELECT p.job_id, 'holds ' || p.slots || ' of ' || p.max_documents || ' slots for ' ||
  (p.pending + p.running + p.paused) || ' open children and ' || (p.created + p.updated + p.unchanged) || ' documents'
FROM progress p
WHERE p.max_documents IS NOT NULL AND (p.slots > p.max_documents
  OR (p.failed + p.cancelled = 0
    AND p.slots <> p.pending + p.running + p.paused + p.created + p.updated + p.unchanged))
