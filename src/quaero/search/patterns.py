"""Patterns that people write: regular expressions of linear time (RE2), whatever the text."""

from collections.abc import Callable

import re2  # type: ignore[import-untyped]  # ships no types

from quaero.models.errors import UsageError

Search = Callable[[str], object]


def compiled(pattern: str) -> Search:
    """A function that is true of texts in which the pattern is found anywhere. `UsageError` if it is none."""
    options = re2.Options()
    options.log_errors = False
    try:
        search: Search = re2.compile(pattern, options).search
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise UsageError(f"the pattern {pattern!r} is not a regular expression here: {reason}") from None
    return search


def pattern_complaint(pattern: str) -> str | None:
    """What is wrong with a pattern, in the words of the engine; None if it can be used."""
    try:
        compiled(pattern)
    except UsageError as error:
        return error.what
    return None
