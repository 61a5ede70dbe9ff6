SELECT j.id, j.lease_number FROM json_array_elements(:leases::json) held
JOIN jobs j ON j.id = (held ->> 0)::bigint AND j.lease_number = (held ->> 1)::bigint
WHERE j.state = 'running'
