"""Cookies that a browser gave away: `cookies.txt` of the Netscape form, and the JSON of its extensions.

What is wrong with a file is said with the number of the line or entry, never with what stands in it.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from quaero.crawler.addresses import is_literal
from quaero.crawler.credentials import belongs, check_cookie
from quaero.crawler.hosts import normal_host
from quaero.models.credential import Cookie, Credential
from quaero.models.errors import UsageError

LARGEST_FILE = 5_000_000
_HTTP_ONLY = "#HttpOnly_"
_FIELDS = 7
_LAST_SECOND = 253_402_300_799


@dataclass(frozen=True, slots=True)
class Imported:
    """The credentials, and how many cookies of the file are not in them: expired, for other hosts, for whole suffixes.

    A cookie for a public suffix (`co.uk`, `github.io`) would go to strangers.
    """

    credential: Credential
    expired: int
    elsewhere: int
    too_wide: int


def imported(content: bytes, *, hosts: Sequence[str], now_ms: int, where: str) -> Imported:
    """Read the cookies in a file that are good now. `hosts`: only what these get; none: all.

    `UsageError` for what is no such file, and where nothing is left.
    """
    found = dict.fromkeys(_cookies(content, where))
    kept: dict[tuple[str, str, str, bool], Cookie] = {}
    expired = elsewhere = too_wide = 0
    for cookie in found:
        if cookie.expires_at is not None and cookie.expires_at * 1000 <= now_ms:
            expired += 1
        elif hosts and not any(belongs(cookie.domain, host, host_only=cookie.host_only) for host in hosts):
            elsewhere += 1
        elif not cookie.host_only and _suffixes().is_public(cookie.domain):
            too_wide += 1
        else:
            kept[cookie.name, cookie.domain, cookie.path, cookie.host_only] = cookie
    result = Imported(Credential("imported", cookies=tuple(kept.values())), expired, elsewhere, too_wide)
    if not kept:
        raise UsageError(
            _why_none(result), where=where, remedy="Log in with the browser and export them anew"
        )
    return result


def left_out(result: Imported) -> str:
    """What was left out, for people; "" if nothing was."""
    parts = (
        (result.expired, "expired"),
        (result.elsewhere, "for other hosts"),
        (result.too_wide, "for a public suffix"),
    )
    return ", ".join(f"{count} {what}" for count, what in parts if count)


def _why_none(result: Imported) -> str:
    told = left_out(result)
    return f"none of its cookies can be used: {told}" if told else "there is no cookie in it"


def _cookies(content: bytes, where: str) -> list[Cookie]:
    if len(content) > LARGEST_FILE:
        raise UsageError(f"is longer than {LARGEST_FILE} bytes", where=where)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("is no text in UTF-8", where=where) from None
    if text.lstrip()[:1] in ("[", "{"):
        return _numbered(_entries(text, where), _of_entry, "entry", where)
    lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if _is_cookie_line(line))
    return _numbered(lines, _of_line, "line", where)


def _numbered(
    items: Iterable[tuple[int, Any]], read: Callable[[Any], Cookie], kind: str, where: str
) -> list[Cookie]:
    found = []
    for number, item in items:
        try:
            found.append(read(item))
        except UsageError as error:
            raise UsageError(error.what, where=f"{where}, {kind} {number}", remedy=error.remedy) from None
    return found


def _is_cookie_line(line: str) -> bool:
    return bool(line.strip()) and (not line.startswith("#") or line.startswith(_HTTP_ONLY))


def _of_line(line: str) -> Cookie:
    fields = line.removesuffix("\r").removeprefix(_HTTP_ONLY).split("\t")
    if len(fields) == _FIELDS - 1:
        fields.append("")  # editors take away the tab in front of an empty value
    if len(fields) != _FIELDS:
        raise UsageError(
            f"has {len(fields)} fields between tabs, not {_FIELDS}",
            remedy="A cookies.txt or the JSON of a browser's extension is wanted",
        )
    domain, below, path, secure, expires, name, value = fields
    return _cookie(
        name, value, domain, host_only=not _flag(below), path=path, secure=_flag(secure), expires=expires
    )


def _entries(text: str, where: str) -> Iterable[tuple[int, Any]]:
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise UsageError("is no JSON", where=where) from None
    if isinstance(value, dict):
        value = value.get("cookies")  # a browser's whole state has them below this name
    if not isinstance(value, list):
        raise UsageError("has no list of cookies", where=where)
    return enumerate(value, 1)


def _of_entry(entry: Any) -> Cookie:
    if not isinstance(entry, dict) or not all(
        isinstance(entry.get(key), str) for key in ("domain", "name", "value")
    ):
        raise UsageError('is no cookie: the texts "domain", "name" and "value" are wanted')
    domain = entry["domain"]
    expires = None if entry.get("session") is True else entry.get("expirationDate", entry.get("expires"))
    return _cookie(
        entry["name"],
        entry["value"],
        domain,
        host_only=_boolean(entry, "hostOnly", default=not domain.startswith(".")),
        path=entry.get("path") or "/",
        secure=_boolean(entry, "secure", default=True),
        expires=expires,
    )


def _cookie(
    name: str, value: str, domain: str, *, host_only: bool, path: object, secure: bool, expires: object
) -> Cookie:
    host = normal_host(domain.removeprefix("."))
    if host is None or host.endswith("."):
        raise UsageError("has no domain that a server could have")
    if not isinstance(path, str) or not path.startswith("/"):
        path = "/"  # as browsers read it
    check_cookie(name, value)
    return Cookie(
        name, value, host, host_only or is_literal(host.strip("[]")), path, secure, _seconds(expires)
    )


def _seconds(written: object) -> int | None:
    """When a cookie expires; None for one that lasts as long as its session."""
    if written is None or isinstance(written, bool):
        return None
    try:
        seconds = float(written) if isinstance(written, str | int | float) else math.nan
    except (ValueError, OverflowError):
        seconds = math.nan
    if math.isnan(seconds):
        raise UsageError("does not say in seconds when it expires")
    return int(min(seconds, _LAST_SECOND)) if seconds > 0 else None


def _flag(written: str) -> bool:
    if written.upper() not in ("TRUE", "FALSE"):
        raise UsageError("has something else than TRUE or FALSE in its second or fourth field")
    return written.upper() == "TRUE"


def _boolean(entry: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = entry.get(key, default)
    if not isinstance(value, bool):
        raise UsageError(f'has something else than true or false as "{key}"')
    return value


@cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - slow, and wanted for an import alone

    return PublicSuffixList()
