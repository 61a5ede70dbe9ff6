PRAGMA optimize(0x10002)
