-- I21: what is listed as a process can be told to be alive or dead.
SELECT owner, 'is listed with values that no process has' FROM processes
WHERE owner = '' OR owner ~ '[^0-9a-f]' OR pid <= 0 OR concurrency <= 0
  OR types !~ '^\[("[^"]*"(,"[^"]*")*)?\]$'
