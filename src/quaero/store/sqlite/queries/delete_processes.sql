DELETE FROM processes WHERE owner IN (SELECT value FROM json_each(:owners))
