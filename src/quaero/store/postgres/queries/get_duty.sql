SELECT owner, lease_until FROM duties WHERE name = :name
