"""Moments to come, on the command line."""

from datetime import datetime

import click

from quaero.views.moments import now_ms


def moment(text: str) -> int:
    """Milliseconds since 1970 of "2026-11-22 03:00", in this machine's zone, or of an ISO time with a zone.

    For the `type` of an option; the time must be one to come.
    """
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f'"{text}" is not a time; write it like "2026-11-22 03:00", or with a zone: 2026-11-22T03:00+01:00'
        ) from None
    if written.tzinfo is None:
        local = written.astimezone()
        if local.replace(tzinfo=None) != written:
            raise click.BadParameter(f'"{text}" does not come: the clocks are set forward then')
        written = local
    milliseconds = int(written.timestamp() * 1000)
    if milliseconds <= now_ms():
        raise click.BadParameter(f'"{text}" has passed')
    return milliseconds
