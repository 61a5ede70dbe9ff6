"""What goes wrong on a server and with its workers: each fault lasts until its function returns."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import psycopg
from support.fleet import Fleet

from tests.postgres_server import LocalServer

KILL_ALL_APART_SECONDS: Final = 0.5
KILL_ALL_SECONDS: Final = 5.0
FULL_SECONDS: Final = 10.0
KILL_ONE_APART_SECONDS: Final = 2.0
KILL_ONE_SECONDS: Final = 20.0
END_OURS: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'quaero%' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Field:
    """Where faults happen."""

    server: LocalServer
    url: str
    workers: Fleet
    processes: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by its name; `what` says how it is made, `seconds` about how long that takes."""

    name: str
    what: str
    seconds: float
    make: Callable[[Field], None]


def _restart(field: Field) -> None:
    field.server.restart("immediate")


def _kill_backends(field: Field) -> None:
    until = time.monotonic() + KILL_ALL_SECONDS
    with psycopg.connect(field.url, autocommit=True) as connection:
        while time.monotonic() < until:
            _terminate(connection)
            time.sleep(KILL_ALL_APART_SECONDS)


def _exhaust(field: Field) -> None:
    """Strangers take every connection that there is, also those that ours had."""
    over = time.monotonic() + FULL_SECONDS
    with ExitStack() as strangers, psycopg.connect(field.url, autocommit=True) as own:
        takers = [threading.Thread(target=_take, args=(field.url, strangers, over)) for _ in range(4)]
        for taker in takers:
            taker.start()
        while time.monotonic() < over:
            _terminate(own)
            time.sleep(KILL_ALL_APART_SECONDS)
        for taker in takers:
            taker.join()


def _take(url: str, strangers: ExitStack, until: float) -> None:
    while time.monotonic() < until:
        try:
            strangers.enter_context(psycopg.connect(url, application_name="stranger"))
        except psycopg.OperationalError:
            time.sleep(0.002)  # all are taken


def _terminate(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    connection.execute(END_OURS)


def _crash(field: Field) -> None:
    field.workers.kill(1)


def _crash_again_and_again(field: Field) -> None:
    for number in range(int(KILL_ONE_SECONDS / KILL_ONE_APART_SECONDS)):
        field.workers.kill(number % field.processes + 1)
        time.sleep(KILL_ONE_APART_SECONDS)


FAULTS: Final = (
    Fault("server restart", "the server is stopped as if it had crashed, and started again", 3, _restart),
    Fault(
        "killed backends",
        "all our connections are ended every 0.5 s for 5 s",
        KILL_ALL_SECONDS,
        _kill_backends,
    ),
    Fault(
        "pool exhaustion",
        "strangers take all connections for 10 s, also those that ours had",
        FULL_SECONDS,
        _exhaust,
    ),
    Fault("worker crash", "kill -9 of one of the workers", 0, _crash),
    Fault(
        "repeated kills",
        "kill -9 of one of the workers every 2 s for 20 s",
        KILL_ONE_SECONDS,
        _crash_again_and_again,
    ),
)
