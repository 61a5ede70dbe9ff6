"""What people write for a setting, read as its value. Each function raises `ValueError` with what is expected."""

import re
from pathlib import Path

from quaero.models.duration import DurationError, format_duration, parse_duration
from quaero.settings.urls import DatabaseUrl, SqliteUrl, is_postgres, masked, postgres_url

_SERVICE_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?(/[A-Za-z0-9._~/-]*)?"
)
_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


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


def service_url(written: object, *, with_secrets: bool = False) -> str:
    """The base URL of a service, without a slash at its end; one that is sent secrets is https, or on this machine."""
    text = written if isinstance(written, str) else ""
    parts = _SERVICE_URL.fullmatch(text)
    if parts is None or int(parts["port"] or 1) > 65_535:
        raise ValueError("must be the URL of a service, such as https://maps.example.org")
    if with_secrets and parts["scheme"] == "http" and parts["host"] not in _THIS_MACHINE:
        raise ValueError("must be a https URL, because a key is sent there")
    return text.rstrip("/")


def flag(written: object) -> bool:
    """True or false; a file has it as such, a variable as text."""
    if isinstance(written, str):
        written = {"true": True, "1": True, "false": False, "0": False}.get(written.lower())
    if not isinstance(written, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - a complaint about a file, not a fault of the caller
    return written


def postgres_url_or_none(written: object) -> str:
    """The URL of a PostgreSQL database with its password; empty where none is named."""
    if not isinstance(written, str):
        raise ValueError("must be a text")  # noqa: TRY004 - as above
    return postgres_url(written).secret if written else ""


def database_url(written: object, base: Path) -> DatabaseUrl:
    """`postgresql://user@host/name`, or `sqlite:///file.db`, relative to `base`; with four slashes absolute."""
    if not isinstance(written, str):
        raise ValueError("must be a text")  # noqa: TRY004 - as above
    if is_postgres(written):
        return postgres_url(written)
    scheme, separator, path = written.partition(":///")
    if scheme != "sqlite" or not separator:
        raise ValueError(f'"{masked(written)}" is not a database URL; {_instead(written, base)}')
    if not path or path.endswith("/") or (base / path).is_dir():
        raise ValueError(f'"{written}" names no file')
    file = base / path
    if not file.parent.is_dir() and Path(f"/{path}").parent.is_dir():
        raise ValueError(
            f"there is no folder {file.parent}; an absolute path has four slashes: sqlite:////{path}"
        )
    return SqliteUrl(file)


def _instead(written: str, base: Path) -> str:
    """What to write."""
    if written and ":" not in written and "=" not in written:
        return f"for this file write {SqliteUrl(base / written)}"
    return "write sqlite:///FILE or postgresql://USER@HOST/NAME"
