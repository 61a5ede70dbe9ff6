-- A job is found by its id: the state is written so that the index of running jobs cannot serve, however few there were.
UPDATE jobs j SET lease_until = held.lease_until
FROM json_to_recordset(:rows::json) AS held (id bigint, lease_number bigint, lease_until bigint)
WHERE j.id = held.id AND j.lease_number = held.lease_number AND coalesce(j.state, '') = 'running' AND j.lease_owner IS NOT NULL
RETURNING j.id, j.lease_number
