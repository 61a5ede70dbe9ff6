SELECT id, at, shown, address, operation, method, path, status, code FROM audit
WHERE id > :after ORDER BY id LIMIT :limit
