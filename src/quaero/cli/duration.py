"""Durations on the command line."""

import click

from quaero.models.duration import DurationError, parse_duration


class DurationType(click.ParamType):
    """Milliseconds of a text like "1h30m", more than none."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            milliseconds = parse_duration(str(value))
        except DurationError as error:
            self.fail(error.line(), param, ctx)
        if not milliseconds:
            self.fail("must be longer than nothing", param, ctx)
        return milliseconds


DURATION = DurationType()
