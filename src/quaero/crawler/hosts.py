"""Hosts of URLs: one spelling for names and for IP addresses."""

import ipaddress
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import idna

_MAX_LENGTH: Final = 253
_MEMO_SIZE: Final = 4096
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")


@lru_cache(maxsize=_MEMO_SIZE)
def normal_host(host: str) -> str | None:
    """The host in lower-case ASCII, an IP address in its usual form; None if no such host can exist."""
    if host.startswith("["):
        return _ipv6(host)
    name = _ascii_name(unquote(host, errors="replace"))
    if name is None or len(name.rstrip(".")) > _MAX_LENGTH or not _NAME.fullmatch(name):
        return None
    last_label = name.rstrip(".").rpartition(".")[2]
    return _ipv4(name.rstrip(".")) if _NUMBER.fullmatch(last_label) else name


def _ascii_name(host: str) -> str | None:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True, std3_rules=False).decode("ascii").lower()
    except idna.IDNAError:
        return None


def _ipv6(host: str) -> str | None:
    if not host.endswith("]") or "%" in host:  # a zone has no meaning outside its machine
        return None
    try:
        return f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
    except ValueError:
        return None


def _ipv4(host: str) -> str | None:
    """The dotted form of an IPv4 address in any of the forms that browsers accept: `127.1`, `0x7f000001`."""
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        *heads, tail = (_integer(part) for part in parts)
    except ValueError:
        return None
    if any(head > 255 for head in heads) or tail >= 256 ** (4 - len(heads)):
        return None
    value = tail + sum(head << (8 * (3 - index)) for index, head in enumerate(heads))
    return str(ipaddress.IPv4Address(value))


def _integer(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if len(part) > 1 and part.startswith("0") else int(part)
