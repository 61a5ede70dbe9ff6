SELECT concurrency, paused FROM gates WHERE scope = :scope AND key = :key
