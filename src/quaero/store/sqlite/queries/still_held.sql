SELECT j.id, j.lease_number FROM json_each(:leases) held
JOIN jobs j ON j.id = held.value ->> 0 AND j.lease_number = held.value ->> 1
WHERE j.state = 'running'
