"""Threads with a connection each, which is made when it is needed and made anew when it was lost."""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg

from quaero.models.errors import StoreError
from quaero.settings import masked
from quaero.store.postgres.connection import (
    IN_THE_WAY,
    WAS_FASTER,
    Connection,
    Opener,
    is_lost,
    is_of_data,
    refusal,
)
from quaero.store.postgres.outage import PATIENCE_SECONDS, Outage
from quaero.store.transaction import OutdatedError

T = TypeVar("T")

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 1.0

MOST_COLLISIONS = 5
"""How often others can be faster by chance."""

UNANSWERED_SECONDS = 60.0
"""A connection over which no answer comes for so long is given up. Statements that may take longer say so."""


class Session:
    """The connection of one thread. `name` stays when the connection is made anew."""

    def __init__(self, opener: Opener) -> None:
        self._opener, self.name = opener, secrets.token_hex(8)
        self._connection: Connection | None = None

    def open(self) -> Connection:
        """The connection; a new one when the last was lost."""
        if self._connection is None or self._connection.closed:
            self._connection = self._opener()
            self._connection.answer_seconds = UNANSWERED_SECONDS
        return self._connection

    @property
    def connection(self) -> Connection | None:
        return self._connection

    def drop(self) -> None:
        """Give the connection up: what is unfinished in it is undone by the server."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def drop_if_lost(self) -> None:
        if self._connection is not None and (self._connection.closed or self._connection.broken):
            self.drop()


class Sessions:
    """Runs functions of a session in threads; what is only in the way of others, or was cut off, is tried again."""

    def __init__(
        self, name: str, opener: Opener, url: str, threads: int, outage: Outage | None = None
    ) -> None:
        self._opener, self._url, self._outage = opener, url, outage or Outage(url)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=f"quaero-{name}")
        self._local = threading.local()
        self._sessions: list[Session] = []
        self._closing = threading.Event()

    @property
    def patient(self) -> bool:
        return self._outage.patient

    async def run(self, function: Callable[[Session], T], *, again: bool = True) -> T:
        """The result of `function(session)`; `again`: it may be called more than once."""
        if self._closing.is_set():
            raise StoreError("the store is closed", where=masked(self._url))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self.insist, function, again)

    def start(self, function: Callable[..., None], *arguments: object) -> None:
        """Call the function in one of the threads."""
        self._executor.submit(function, *arguments)

    async def close(self) -> None:
        """Wait for what runs, then close every connection."""
        self._closing.set()
        await asyncio.to_thread(self._executor.shutdown)
        for session in self._sessions:
            session.drop()

    def insist(self, function: Callable[[Session], T], again: bool = True) -> T:
        """The result of `function(session)`, in one of the threads."""
        session = self._own()
        pause, started, collisions = FIRST_PAUSE_SECONDS, time.monotonic(), 0
        while True:
            lost = False
            try:
                return function(session)
            except OutdatedError:
                continue
            except psycopg.Error as error:
                worth_it = self.patient or time.monotonic() - started < PATIENCE_SECONDS
                if error.sqlstate in WAS_FASTER and collisions < MOST_COLLISIONS:
                    collisions += 1
                elif lost := is_lost(error, session.connection):
                    session.drop()
                    worth_it = self._outage.goes_on(error) and worth_it
                elif is_of_data(error):
                    raise
                elif error.sqlstate not in IN_THE_WAY:
                    worth_it = False
                if not (again and worth_it) or self._closing.is_set():
                    raise refusal(error, self._url) from error
            finally:
                if not lost:
                    self._outage.is_over()
            self._closing.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _own(self) -> Session:
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = Session(self._opener)
            self._sessions.append(session)
        return session
