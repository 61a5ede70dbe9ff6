"""Credentials: what a crawl shows to the servers that it is let in by. No text that is made of one holds a value."""

from dataclasses import dataclass, field
from typing import Literal

from quaero.models.errors import UsageError

CredentialKind = Literal["cookie", "header", "bearer", "basic", "imported"]

LONGEST_NAME = 100
LONGEST_VALUE = 16_000
"""Characters; servers take about 8,000 bytes of header lines."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie and where it belongs, as in RFC 6265.

    `domain` in small ASCII letters, without a dot in front; unless `host_only`, also what is below it.
    `expires_at`: seconds since 1970; None: when its session ends, which is never here.
    """

    name: str
    value: str = field(repr=False)
    domain: str
    host_only: bool = True
    path: str = "/"
    secure: bool = True
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """A line of a request."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """`origins` (`https://wiki.example.org`, with a port unless it is the default) are all that gets any of it.

    Without origins there are no headers, and each cookie goes where it belongs.
    """

    kind: CredentialKind
    origins: tuple[str, ...] = ()
    headers: tuple[Header, ...] = ()
    cookies: tuple[Cookie, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where it belongs, for people: origins, or the hosts of cookies, with a dot in front for all below."""
        if self.origins:
            return self.origins
        return tuple(sorted({each.domain if each.host_only else f".{each.domain}" for each in self.cookies}))


def checked_credential_name(name: str) -> str:
    """The name under which credentials are stored; `UsageError` for what is no line of 1 to 100 characters."""
    if not (name.isprintable() and name == name.strip() and 0 < len(name) <= LONGEST_NAME):
        raise UsageError(f"a name is a line of 1 to {LONGEST_NAME} characters", remedy="Choose another")
    return name
