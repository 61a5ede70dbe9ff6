-- A job is found by its id: the state is written so that the index of running jobs cannot serve, however few there were.
WITH ending AS (
  SELECT DISTINCT ON (id, lease_number) *
  FROM ROWS FROM (json_to_recordset(:rows::json) AS (id bigint, lease_number bigint, state text, now bigint,
    error_code text, error text, note text)) WITH ORDINALITY AS given (id, lease_number, state, now, error_code, error, note, place)
  ORDER BY id, lease_number, place
)
UPDATE jobs j SET
  state = e.state, finished_at = greatest(e.now, coalesce(j.started_at, j.created_at)), lease_owner = NULL,
  lease_until = NULL, error_code = e.error_code, error = e.error, note = e.note
FROM ending e
WHERE j.id = e.id AND j.lease_number = e.lease_number AND coalesce(j.state, '') = 'running'
RETURNING j.id, j.root_id, j.parent_id, j.depth, j.lease_number
