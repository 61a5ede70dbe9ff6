INSERT INTO duties (name, owner, lease_until) VALUES (:name, :owner, :lease_until)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
WHERE duties.owner = excluded.owner OR duties.lease_until <= :ticks
  OR duties.owner = ANY (ARRAY(SELECT json_array_elements_text(:dead_owners::json)))
RETURNING owner
