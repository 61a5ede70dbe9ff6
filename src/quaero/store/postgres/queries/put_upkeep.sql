INSERT INTO upkeep (what, at, detail) VALUES (:what, :at, :detail)
ON CONFLICT (what) DO UPDATE SET at = excluded.at, detail = excluded.detail
