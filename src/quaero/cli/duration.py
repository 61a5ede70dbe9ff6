"""Durations on the command line."""

import click

from quaero.models.duration import DurationError, parse_duration


def duration(text: str) -> int:
    """Milliseconds of a text like "1h30m", more than none; for the `type` of an option."""
    try:
        milliseconds = parse_duration(text)
    except DurationError as error:
        raise click.BadParameter(error.line()) from error
    if not milliseconds:
        raise click.BadParameter("must be longer than nothing")
    return milliseconds
