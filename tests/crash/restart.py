"""A process that dies in the middle of things, and the next one in its place, without a process to kill."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from tests.places import Place, PostgresPlace

SECONDS = 30
"""How long anything is waited for before it counts as hanging."""

CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'quaero'"
)


class Crash(BaseException):
    """The process dies here."""


class CrashAt:
    """Lets the process die before its k-th statement; `k` None never does. `names`: the statements that it came to."""

    def __init__(self, k: int | None) -> None:
        self.k, self.statement = k, ""
        self.names: list[str] = []

    def __call__(self, statement: str) -> None:
        if self.statement:
            raise Crash(f"dead since {self.statement}")
        self.names.append(statement)
        if len(self.names) == self.k:
            self.statement = statement
            raise Crash(statement)


def one_in_each_transaction(names: Sequence[str], seed: int) -> list[int]:
    """Numbers (from 1) of statements: one of each transaction by lot, most often before its commit or after it."""
    dice, points, begin = random.Random(seed), [], 1
    for number, name in enumerate(names, 1):
        if name == "DELIVER":
            points.append(dice.choice([number - 1, number, dice.randint(begin, number)]))
            begin = number + 1
    return points


@contextmanager
def the_dead_are_known_at_once() -> Iterator[None]:
    """On PostgreSQL a lock must be missing for some seconds before its process is dead: here not."""
    with patch("quaero.store.postgres.owners.GONE_SECONDS", 0.0):
        yield


def wait_until_left(place: Place) -> None:
    """Until the server has noticed that nobody uses the database any more: it does so a moment after the end."""
    until = time.monotonic() + SECONDS
    while isinstance(place, PostgresPlace) and place.rows(CONNECTIONS) != [(0,)]:
        assert time.monotonic() < until, "somebody still uses the database"
        time.sleep(0.001)
