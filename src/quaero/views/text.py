"""Text for people: on one line, safe to print."""

import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quaero.models.job import Job

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """The text without what a terminal would obey: control characters and changes of direction."""
    if text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in _HIDDEN else character
        for character in text
    )


def one_line(text: str) -> str:
    """The text on one line, safe to print."""
    return printable(" ".join(text.split()))


def shortened(text: str, width: int) -> str:
    """At most `width` characters, the end replaced by an ellipsis where it is longer."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def failure_text(job: "Job") -> str:
    """What failed and why; most errors already begin with the name of their job."""
    error = one_line(job.error or job.error_code or "")
    name = one_line(job.name)
    return error if error.startswith(name) else f"{name}: {error}"


def gate_text(scope: str, key: str) -> str:
    """What a gate holds back: `everything`, `type crawler_url`."""
    return one_line(f"{scope} {key}") if key else "everything"


def local_time(milliseconds: int | None) -> str:
    """Date and time of the machine's zone, to the second."""
    if milliseconds is None:
        return "-"
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone():%Y-%m-%d %H:%M:%S}"
