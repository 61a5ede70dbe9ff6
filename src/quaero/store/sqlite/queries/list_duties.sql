SELECT name, owner, lease_until FROM duties ORDER BY name
