"""What people write for a setting, read as its value. Each function raises `ValueError` with what is expected."""

import re
from pathlib import Path

from quaero.models.duration import DurationError, format_duration, parse_duration
from quaero.settings.values import DatabaseUrl

_PASSWORD = re.compile(r"(://[^:/@]*):[^/]*@")


def duration(written: object, *, least: int) -> int:
    """Milliseconds, no fewer than `least`."""
    try:
        milliseconds = parse_duration(written) if isinstance(written, str) else 0
    except DurationError as error:
        raise ValueError(error.what) from error
    if milliseconds < least:
        raise ValueError(f"must be a duration of at least {format_duration(least)}")
    return milliseconds


def duration_or_never(written: object) -> int | None:
    """Milliseconds, at least a second; nothing for an empty text."""
    return None if written == "" else duration(written, least=1_000)


def whole_number(written: object, *, most: int) -> int:
    """A number from 1 to `most`; a file has it as a number, a variable as text."""
    if isinstance(written, str) and re.fullmatch(r"[0-9]{1,9}", written):
        written = int(written)
    if isinstance(written, bool) or not isinstance(written, int) or not 1 <= written <= most:
        raise ValueError(f"must be a whole number from 1 to {most}")
    return written


def header_line(written: object) -> str:
    """Text that fits into a header of a request."""
    if (
        not isinstance(written, str)
        or not written.strip()
        or not (written.isascii() and written.isprintable())
    ):
        raise ValueError("must be a line of printable ASCII characters")
    return written


def database_url(written: object, base: Path) -> DatabaseUrl:
    """`sqlite:///file.db`, its path relative to `base`; with four slashes absolute."""
    if not isinstance(written, str):
        raise ValueError("must be a text")  # noqa: TRY004 - a complaint about a file, not a fault of the caller
    scheme, separator, path = written.partition(":///")
    if written.startswith(("postgresql://", "postgres://")):
        raise ValueError(f"{_masked(written)} cannot be opened: this version keeps its data in SQLite only")
    if scheme != "sqlite" or not separator:
        remedy = (
            f"; for this file write {DatabaseUrl(base / written)}" if written and ":" not in written else ""
        )
        raise ValueError(f'"{_masked(written)}" is not a database URL{remedy}')
    if not path or path.endswith("/") or (base / path).is_dir():
        raise ValueError(f'"{written}" names no file')
    file = base / path
    if not file.parent.is_dir() and Path(f"/{path}").parent.is_dir():
        raise ValueError(
            f"there is no folder {file.parent}; an absolute path has four slashes: sqlite:////{path}"
        )
    return DatabaseUrl(file)


def _masked(url: str) -> str:
    """The URL without its password."""
    return _PASSWORD.sub(r"\1:***@", url)
