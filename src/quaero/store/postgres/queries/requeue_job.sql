-- A job is found by its id: the state is written so that the index of running jobs cannot serve, however few there were.
WITH back AS (
  SELECT DISTINCT ON (id, lease_number) *
  FROM ROWS FROM (json_to_recordset(:rows::json) AS (id bigint, lease_number bigint, run_at bigint, uncounted bigint,
    lost bigint, suspicion double precision, error_code text, error text))
    WITH ORDINALITY AS given (id, lease_number, run_at, uncounted, lost, suspicion, error_code, error, place)
  ORDER BY id, lease_number, place
)
UPDATE jobs j SET
  state = 'pending', run_at = r.run_at, attempt = j.attempt - r.uncounted, lost_leases = j.lost_leases + r.lost,
  suspicion = j.suspicion + r.suspicion,
  lease_owner = NULL, lease_until = NULL, error_code = r.error_code, error = r.error
FROM back r
WHERE j.id = r.id AND j.lease_number = r.lease_number AND coalesce(j.state, '') = 'running'
RETURNING j.id, j.root_id, j.parent_id, j.depth, j.lease_number
