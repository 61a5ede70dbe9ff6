-- I21: a duty belongs to someone whose end can be noticed.
SELECT name, 'belongs to "' || owner || '", which is no process' FROM duties
WHERE owner = '' OR owner ~ '[^0-9a-f]'
