"""A claim that waits for a transaction that makes work, to be taken along by it."""

import threading
from enum import Enum, auto

from quaero.store.transitions.claim import ClaimRequest


class _Place(Enum):
    WAITING = auto()
    TAKEN = auto()
    WITHDRAWN = auto()


class ParkedClaim:
    """What an idle process would claim. Who parked it can withdraw it until it is taken, so it never waits for others.

    The transaction takes it in its own thread, once it has its locks.
    """

    def __init__(self, request: ClaimRequest) -> None:
        self.request = request
        self._guard = threading.Lock()
        self._place = _Place.WAITING

    def take(self) -> bool:
        """For a transaction; False when it was withdrawn."""
        return self._move(_Place.WAITING, _Place.TAKEN)

    def put_back(self) -> None:
        """A transaction that took it begins anew."""
        self._move(_Place.TAKEN, _Place.WAITING)

    def withdraw(self) -> bool:
        """From now on nothing is claimed by it; False when a transaction has it, and will tell what it claimed."""
        return self._move(_Place.WAITING, _Place.WITHDRAWN)

    def _move(self, before: _Place, after: _Place) -> bool:
        with self._guard:
            fits = self._place is before
            if fits:
                self._place = after
            return fits
