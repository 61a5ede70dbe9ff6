SELECT value FROM answers WHERE question = :question AND at >= :since
