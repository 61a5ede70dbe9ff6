"""What a person gets to read of an error, and the exit code that a program gets."""

from typing import Protocol, runtime_checkable

from quaero.models.definition import Complaint
from quaero.models.errors import QuaeroError


@runtime_checkable
class Complaining(Protocol):
    """An error that holds everything that is wrong with a file or the settings."""

    complaints: tuple[Complaint, ...]


def lines_of(error: Exception, *, debug: bool = False) -> list[str]:
    """The error as lines, one for each complaint."""
    if isinstance(error, Complaining):
        return [complaint.line_text() for complaint in error.complaints]
    if isinstance(error, QuaeroError):
        return [error.line()]
    text = " ".join(str(error).split())
    remedy = "" if debug else ". Run with --debug for the trace"
    return [f"{type(error).__name__}: {text}{remedy}" if text else f"{type(error).__name__}{remedy}"]


def exit_code_of(error: Exception) -> int:
    return error.exit_code if isinstance(error, QuaeroError) else 1
