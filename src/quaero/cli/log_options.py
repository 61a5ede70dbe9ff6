"""`--log-level` and `--log-format`, for the commands that run for long."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from quaero.settings import variable_of
from quaero.settings.log import FORMATS, LEVELS

F = TypeVar("F", bound=Callable[..., Any])


def log_options(function: F) -> F:
    """The options. What they say holds for the processes that are started from here, too."""
    for key, choices, text in (
        ("log.format", FORMATS, "Lines for people, or JSON."),
        ("log.level", LEVELS, "The least that is worth a line."),
    ):
        option = click.option(
            f"--{key.replace('.', '-')}",
            type=click.Choice(choices),
            expose_value=False,
            callback=_setter(variable_of(key)),
            help=f"{text}  [default: {key}]",
        )
        function = option(function)
    return function


def _setter(variable: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    def set_variable(_: click.Context, __: click.Parameter, value: str | None) -> None:
        if value is not None:
            os.environ[variable] = value

    return set_variable
