INSERT INTO audit (at, shown, address, operation, method, path, status, code)
VALUES (:at, :shown, :address, :operation, :method, :path, :status, :code)
