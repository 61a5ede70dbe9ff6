DELETE FROM gates WHERE scope = :scope AND key = :key
