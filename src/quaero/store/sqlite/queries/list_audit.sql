SELECT id, at, shown, address, operation, method, path, status, code FROM audit
WHERE :cursor IS NULL OR id < :cursor ORDER BY id DESC LIMIT :limit
