"""Secrets from a person or a program: typed without being shown, or on the standard input, never as an argument."""

import sys
from collections.abc import Sequence

import click

from quaero.models.errors import UsageError

LONGEST_LINE = 20_000


def read_secrets(asked: Sequence[str]) -> list[str]:
    """One secret for each text, which is what a person is asked for; one line each where nobody is at the terminal."""
    if sys.stdin.isatty():
        return [click.prompt(text, hide_input=True, prompt_suffix=": ", err=True) for text in asked]
    return [_line(text) for text in asked]


def _line(asked: str) -> str:
    try:
        line = sys.stdin.readline(LONGEST_LINE + 1)
    except UnicodeDecodeError:
        raise UsageError("is no text in UTF-8", where=f"standard input, {asked}") from None
    text = line.rstrip("\r\n")
    if not text or len(line) > LONGEST_LINE:
        what = "nothing came" if not text else f"a line of more than {LONGEST_LINE} characters"
        raise UsageError(
            what, where=f"standard input, {asked}", remedy="Give each value on a line of its own"
        )
    return text


def refuse_arguments(found: Sequence[str]) -> None:
    """For commands that take secrets: what is too much on their command line may be one, and is not repeated."""
    if found:
        raise UsageError(
            "there is more on the command line than belongs there, perhaps a secret, which every process can read",
            remedy="Give values on the standard input, or type them when asked; change one that was shown",
        )
