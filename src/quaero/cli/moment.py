"""Moments to come, on the command line."""

import click

from quaero.models.errors import UsageError
from quaero.views.moments import coming


def moment(text: str) -> int:
    """Milliseconds since 1970 of a time to come; see `coming`. For the `type` of an option."""
    try:
        return coming(text)
    except UsageError as error:
        raise click.BadParameter(error.what) from None
