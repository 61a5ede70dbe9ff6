UPDATE jobs SET
  state = 'cancelled', finished_at = greatest(:now, coalesce(started_at, created_at)), lease_number = lease_number + 1,
  lease_owner = NULL, lease_until = NULL
WHERE id = :id
