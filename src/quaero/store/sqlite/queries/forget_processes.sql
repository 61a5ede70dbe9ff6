DELETE FROM processes
