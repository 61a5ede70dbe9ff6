DELETE FROM events WHERE root_id = :root_id AND number <= :last RETURNING number
