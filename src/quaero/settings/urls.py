"""Where a database is: the two kinds of URLs, and how they are shown without their passwords."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

HIDDEN = "***"
EXAMPLE = "postgresql://user:password@host:5432/name"

_PARTS = re.compile(
    r"""(?P<scheme>[^:/?]*)://
    (?: (?P<user>[^:@/]*) (?: :(?P<password>[^@/]*) )? @ )?
    (?P<hosts>[^/?]*)
    (?: /(?P<name>[^?]*) )?
    (?: \?(?P<query>.*) )?""",
    re.VERBOSE | re.DOTALL,
)
"""The parts in the places where libpq looks for them."""

_NO_PORT = re.compile(r":(?![0-9]{0,5}(?:,|$))(?![^\[]*\])[^,\[\]]+")
_PASSWORD = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'?|[^\s&]*)", re.IGNORECASE | re.DOTALL)
_DRIVER = re.compile(r"postgres(?:ql)?\+[^:/]*(?=://)")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_HOST = re.compile(r"(?:\[[^]]*\]|[^:\[\]]*)(?::(?P<port>[^:]*))?")


@dataclass(frozen=True, slots=True)
class SqliteUrl:
    """`sqlite:///path/file.db`; `path` is the file."""

    path: Path

    def __str__(self) -> str:
        return f"sqlite:///{self.path}"


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """`postgresql://user:password@host:port/name?option=value`, as libpq reads it.

    `secret` is all of it, for libpq alone; as text it has no password.
    """

    secret: str = field(repr=False)

    def __str__(self) -> str:
        return masked(self.secret)


DatabaseUrl: TypeAlias = SqliteUrl | PostgresUrl


def is_postgres(text: str) -> bool:
    """Whether the text is meant as the URL of a PostgreSQL database."""
    return text.startswith(("postgresql://", "postgres://")) or _DRIVER.match(text) is not None


def masked(text: str) -> str:
    """The text with asterisks in place of passwords, also where it is no sound URL."""
    if text.startswith("sqlite:///"):
        return text
    parts = _PARTS.fullmatch(text)
    if parts is None or "@" in text[parts.start("hosts") :]:
        shown = _masked_up_to_the_last_at(text)
    else:
        hosts = _NO_PORT.sub(f":{HIDDEN}", parts["hosts"])  # may be a password whose host was forgotten
        shown = f"{text[: parts.start('hosts')]}{hosts}{text[parts.end('hosts') :]}"
        if parts["password"]:
            shown = f"{shown[: parts.start('password')]}{HIDDEN}{shown[parts.end('password') :]}"
    return _PASSWORD.sub(rf"\1{HIDDEN}", shown)


def _masked_up_to_the_last_at(text: str) -> str:
    """Where it is not clear which @ ends the password, it may be any."""
    start = text.find("://") + 3 if "://" in text else 0
    colon, end = text.find(":", start), text.rfind("@")
    return f"{text[: colon + 1]}{HIDDEN}{text[end:]}" if 0 <= colon < end else text


def postgres_url(text: str) -> PostgresUrl:
    """The URL, checked as far as it can be without a server; `ValueError` says what is wrong, without the password."""
    for problem in _problems(text):
        raise ValueError(f'"{masked(text)}" {problem}')
    return PostgresUrl(text)


def _problems(text: str) -> Iterator[str]:
    if driver := _DRIVER.match(text):
        yield f"names a driver; write {masked(f'postgresql{text[driver.end() :]}')}"
    parts = _PARTS.fullmatch(text)
    if parts is None or not is_postgres(text):
        yield f"is not the URL of a PostgreSQL database; write it like {EXAMPLE}"
        return
    if any(character.isspace() or not character.isprintable() for character in text):
        yield "has a space or a control character; write %20 for a space"
    if _STRAY_PERCENT.search(text):
        yield "has a % that begins no character; write %25 for it"
    options = dict(pair.partition("=")[::2] for pair in (parts["query"] or "").split("&") if pair)
    name = parts["name"] or options.get("dbname") or options.get("service")
    if "@" in parts["hosts"] + (parts["name"] or ""):
        yield "has a password with a sign that ends it; write %40 for @, %2F for / and %3A for :"
    for place in [*parts["hosts"].split(","), *(f":{port}" for port in options.get("port", "").split(","))]:
        host = _HOST.fullmatch(place)
        if host is None:
            yield "has a host with too many colons; an IPv6 address is written in brackets: [::1]"
        elif host["port"] and not _is_port(host["port"]):
            yield "has a port that is no number from 1 to 65535"
    if not name:
        yield f"names no database; write it like {EXAMPLE}"


def _is_port(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,5}", text) is not None and 1 <= int(text) <= 65_535
