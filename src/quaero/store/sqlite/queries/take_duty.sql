INSERT INTO duties (name, owner, lease_until) VALUES (:name, :owner, :lease_until)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
WHERE duties.owner = excluded.owner OR duties.lease_until <= :ticks
  OR duties.owner IN (SELECT value FROM json_each(:dead_owners))
RETURNING owner
