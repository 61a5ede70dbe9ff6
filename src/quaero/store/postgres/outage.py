"""The times when the database cannot be reached, as all threads of a process see them together."""

import logging
import threading
import time

import psycopg

from quaero.models.duration import format_duration
from quaero.store.postgres.connection import refusal

PATIENCE_SECONDS = 30.0
"""How long a server that cannot be reached is tried again, by a program that somebody watches."""

WORTH_TELLING_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Outage:
    """Begins with the first failure after a success. `patient`: it may last; then its begin and end are logged."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._guard = threading.Lock()
        self._since: float | None = None
        self._told = False
        self.patient = False

    def goes_on(self, error: psycopg.Error) -> bool:
        """Note that the server could not be reached just now; whether to try again."""
        with self._guard:
            now = time.monotonic()
            self._since = self._since or now
            seconds = now - self._since
            if self.patient and not self._told and seconds > WORTH_TELLING_SECONDS:
                self._told = True
                _log.warning("%s. Trying until it is there again", refusal(error, self._url).line())
        return self.patient or seconds < PATIENCE_SECONDS

    def is_over(self) -> None:
        """Note that the server answered."""
        if self._since is None:
            return
        with self._guard:
            if self._told and self._since is not None:
                lasted = format_duration(round(time.monotonic() - self._since) * 1_000)
                _log.warning("the database is there again after %s", lasted)
            self._since, self._told = None, False
