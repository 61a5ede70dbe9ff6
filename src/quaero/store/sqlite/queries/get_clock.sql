SELECT boot, offset_ms FROM clock
