"""Who holds leases, and who of them is dead: each process locks one byte of a file beside the database.

The system drops the lock when the process ends, however it ends. So the leases of a killed process are known to be
lost at once, without waiting for them to expire.
"""

import fcntl
import os
import secrets
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from quaero.models.errors import ConflictError, StoreError

OWNER_BITS = 40  # owners are random: two processes with the same one are not to be expected
ENDING = "-owners"
ANY, EVERYONE = 1, 2**OWNER_BITS


class Owner:
    """This process's identity for leases; `close` ends it."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ENDING)
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

    @property
    def alone(self) -> bool:
        """Whether no other process has the database open."""
        return not self._locked(ANY, EVERYONE)

    def close(self) -> None:
        """Give the lock back; again is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _locked(self, number: int, count: int = 1) -> bool:
        answer = fcntl.fcntl(self._file, fcntl.F_OFD_GETLK, _flock(fcntl.F_WRLCK, number, count))
        return bool(struct.unpack_from("h", answer)[0] != fcntl.F_UNLCK)

    def _lock(self, kind: int, number: int) -> None:
        try:
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, _flock(kind, number))
        except BlockingIOError as error:
            os.close(self._file)
            raise StoreError(
                "is being restored by another process",
                where=str(self._path).removesuffix(ENDING),
                remedy="Try again when it is done",
            ) from error


def living_owners(database: Path, names: Sequence[str]) -> list[str]:
    """Those of the owners whose processes are there; for whoever does not have the database open."""
    try:
        file = os.open(database.with_name(database.name + ENDING), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return []
    try:
        return [name for name in names if _is_locked(file, name)]
    finally:
        os.close(file)


def _is_locked(file: int, name: str) -> bool:
    try:
        number = int(name, 16)
    except ValueError:
        return False
    answer = fcntl.fcntl(file, fcntl.F_OFD_GETLK, _flock(fcntl.F_WRLCK, number, 1))
    return bool(struct.unpack_from("h", answer)[0] != fcntl.F_UNLCK)


@contextmanager
def everyone_kept_out(database: Path) -> Iterator[None]:
    """Nobody opens the database meanwhile. `ConflictError` when somebody has it open."""
    file = os.open(database.with_name(database.name + ENDING), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, _flock(fcntl.F_WRLCK, ANY, EVERYONE))
        except BlockingIOError as error:
            raise ConflictError(
                "a process has this database open", where=str(database), remedy="End it, then try again"
            ) from error
        yield
    finally:
        os.close(file)


def _flock(kind: int, offset: int, count: int = 1) -> bytes:
    """`struct flock` of fcntl(2) for some bytes from the offset on: type, whence, start, length, pid."""
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, offset, count, 0)
