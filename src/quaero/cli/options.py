"""Options that many commands share."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_LIMIT = 50
MOST_ITEMS = 1_000
LARGEST_ID = 2**63 - 1

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
watch = click.option(
    "--watch",
    is_flag=True,
    help="Draw it anew whenever it changes.",
)
job_id = click.argument("job_id", metavar="ID", type=click.IntRange(1, LARGEST_ID))

id_or_gate = click.argument("job_id", metavar="[ID]", type=click.IntRange(1, LARGEST_ID), required=False)


class SignedNumber(click.ParamType[int]):
    """A whole number within limits as an argument; also one with a sign, which looks like an option.

    Its command needs `ignore_unknown_options`.
    """

    name = "integer"

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            if text.startswith("-"):
                raise click.NoSuchOption(text, ctx=ctx)
            self.fail(f"{text!r} is not a whole number.", param, ctx)
        if not self._least <= int(text) <= self._most:
            self.fail(f"{text} is not between {self._least} and {self._most}.", param, ctx)
        return int(text)


def page(function: F) -> F:
    """`--limit`, `--cursor`: which part of a list."""
    limited = click.option(
        "--limit",
        type=click.IntRange(1, MOST_ITEMS),
        default=DEFAULT_LIMIT,
        show_default=True,
        help="How many.",
    )
    continued = click.option(
        "--cursor",
        type=click.IntRange(0, LARGEST_ID),
        help="Go on where the last page ended (its next_cursor).",
    )
    return limited(continued(function))


def refuse_json(as_json: bool) -> None:
    """Say that `--watch` and `--json` do not go together."""
    if as_json:
        text = "--watch draws for people; for programs there is: quaero jobs follow ID --json."
        raise click.UsageError(text, click.get_current_context())


def print_next_page(next_cursor: int | str | None, shown: int, total: int) -> None:
    """Tell a person how to see the rest of a list."""
    if next_cursor is not None:
        click.echo(f"{shown} of {total}. More: the same command with --cursor {next_cursor}", err=True)
