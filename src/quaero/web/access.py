"""Who may ask: the token, the cookie that stands for it, and the names by which this server may be called."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from quaero.models.errors import UsageError

FILE_NAME = "web.token"
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - what is compared with, not what is bound to


@dataclass(frozen=True, slots=True)
class Access:
    """`hosts`: what `Host` may say, with the port where one belongs to it, in small letters."""

    token: str
    hosts: frozenset[str]

    @property
    def cookie_name(self) -> str:
        """Of its own for each token: cookies do not know ports, and several servers may share an address."""
        return f"quaero-{hashlib.sha256(self.token.encode()).hexdigest()[:12]}"

    @property
    def cookie_value(self) -> str:
        """What proves that the browser has shown the token, without being the token."""
        return hmac.new(self.token.encode(), b"browser session", hashlib.sha256).hexdigest()

    def is_token(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode(), self.token.encode())

    def is_cookie(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode(), self.cookie_value.encode())

    def allows_host(self, host: str) -> bool:
        return host.lower() in self.hosts

    def allows_origin(self, origin: str) -> bool:
        """Whether a page of this origin is one of ours."""
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and self.allows_host(parts.netloc)


def access_for(host: str, port: int, more_hosts: Iterable[str], token: str, token_file: Path) -> Access:
    """The access rules of a server at this address. An address that others can reach needs a token of its own."""
    if not token and not _is_loopback(host):
        raise UsageError(
            f"{host} can be reached from other machines, and no token is set",
            remedy="Set QUAERO_WEB_TOKEN to a long random text, or use --host 127.0.0.1",
        )
    names = {host if ":" not in host or host.startswith("[") else f"[{host}]", *more_hosts}
    if _is_loopback(host) or host in _ANYWHERE:
        names.update(_LOOPBACK_NAMES)
    names.difference_update(_ANYWHERE)
    hosts = {name.lower() for name in names}
    return Access(token or kept_token(token_file), frozenset(hosts | {f"{name}:{port}" for name in hosts}))


def kept_token(file: Path) -> str:
    """The token in the file, which only its user can read; made where there is none."""
    with suppress(FileNotFoundError):
        text = file.read_text(encoding="ascii").strip()
        if file.stat().st_mode & 0o077:
            raise UsageError(
                "other users can read the token of the pages", where=str(file), remedy=f"chmod 600 {file}"
            )
        return text
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    new.touch(mode=0o600)
    new.write_text(f"{secrets.token_urlsafe(32)}\n", encoding="ascii")
    try:
        file.hardlink_to(new)  # who is first wins
    except FileExistsError:
        pass
    finally:
        new.unlink()
    return kept_token(file)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
