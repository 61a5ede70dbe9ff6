"""Who holds leases, and who of them is dead: each process locks one byte of a file beside the database.

The system drops the lock when the process ends, however it ends. So the leases of a killed process are known to be
lost at once, without waiting for them to expire.
"""

import fcntl
import os
import secrets
import struct
from pathlib import Path

OWNER_BITS = 40  # owners are random: two processes with the same one are not to be expected


class Owner:
    """This process's identity for leases; `close` ends it."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-owners")
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.number = secrets.randbits(OWNER_BITS) + 1
        self._lock(fcntl.F_WRLCK, self.number)

    @property
    def name(self) -> str:
        return f"{self.number:x}"

    def is_dead(self, name: str) -> bool:
        """Whether the process that held leases under this name is gone."""
        try:
            number = int(name, 16)
        except ValueError:
            return False
        return number != self.number and not self._locked(number)

    def close(self) -> None:
        os.close(self._file)

    def _locked(self, number: int) -> bool:
        answer = fcntl.fcntl(self._file, fcntl.F_OFD_GETLK, _flock(fcntl.F_WRLCK, number))
        return bool(struct.unpack_from("h", answer)[0] != fcntl.F_UNLCK)

    def _lock(self, kind: int, number: int) -> None:
        fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, _flock(kind, number))


def _flock(kind: int, offset: int) -> bytes:
    """`struct flock` of fcntl(2) for one byte at the offset: type, whence, start, length, pid."""
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, offset, 1, 0)
