UPDATE jobs SET lease_owner = NULL, lease_until = NULL
WHERE id = :id AND lease_number = :lease_number
