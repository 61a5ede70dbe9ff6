INSERT INTO clock (one, boot, offset_ms) VALUES (1, :boot, :offset_ms)
ON CONFLICT (one) DO UPDATE SET boot = excluded.boot, offset_ms = excluded.offset_ms
