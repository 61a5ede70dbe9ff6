UPDATE runs SET pruned_events = least(last_event, pruned_events + :limit)
WHERE job_id = :root_id AND pruned_events < last_event AND (SELECT finished_at FROM jobs WHERE id = :root_id) <= :before
RETURNING pruned_events
