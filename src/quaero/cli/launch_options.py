"""Options of a new run: when, how urgent, and under which key."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import click

from quaero.cli.duration import duration
from quaero.cli.moment import moment
from quaero.models.errors import UsageError
from quaero.views.moments import now_ms

F = TypeVar("F", bound=Callable[..., Any])

PRIORITIES = MappingProxyType({"high": -10, "normal": 0, "low": 10})
MOST_PRIORITY = 1_000_000


@dataclass(frozen=True, slots=True)
class LaunchWish:
    """`run_at` in milliseconds since 1970, 0: at once. `detach`: leave the run to others."""

    run_at: int = 0
    priority: int = 0
    key: str | None = None
    detach: bool = False


def launch_options(function: F) -> F:
    """`--detach`, `--at`, `--delay`, `--priority`, `--key`."""
    for option in (
        click.option("--key", metavar="KEY", help="A second call with it gives the run of the first."),
        click.option(
            "--priority",
            type=priority,
            default="normal",
            metavar="N|high|normal|low",
            help="Runs of smaller N go first: -10, 0, 10.",
        ),
        click.option("--delay", type=duration, metavar="DURATION", help='Start it later, for example "10m".'),
        click.option(
            "--at", type=moment, metavar="TIME", help='Start it then, for example "2030-01-31 03:00".'
        ),
        click.option("--detach", is_flag=True, help="Only launch it; workers and servers do the work."),
    ):
        function = option(function)
    return function


def launch_wish(
    detach: bool, at: int | None, delay: int | None, priority: int, key: str | None
) -> LaunchWish:
    """What the options ask for; a time to start at means to leave the run to others."""
    if at is not None and delay is not None:
        raise UsageError("--at and --delay do not go together", remedy="Give one of them")
    if key == "":
        raise UsageError("the key is empty")
    run_at = at or (now_ms() + delay if delay is not None else 0)
    return LaunchWish(run_at, priority, key, detach or bool(run_at))


def priority(text: str) -> int:
    """A priority as a number or by its name; for the `type` of an option."""
    if text in PRIORITIES:
        return PRIORITIES[text]
    if re.fullmatch(r"[+-]?[0-9]{1,9}", text) and abs(int(text)) <= MOST_PRIORITY:
        return int(text)
    raise click.BadParameter(
        f'"{text}" is neither high, normal, low nor a whole number up to {MOST_PRIORITY}'
    )
