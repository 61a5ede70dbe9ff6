DELETE FROM duties WHERE owner = :owner
