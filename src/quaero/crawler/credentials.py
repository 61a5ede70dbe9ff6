"""Which of its credentials a request shows: to the servers that they belong to, and to nobody else."""

import base64
import re
from collections.abc import Mapping, Sequence

from quaero.crawler.urls import normalise
from quaero.models.credential import LONGEST_VALUE, Cookie, Credential, Header
from quaero.models.errors import UsageError

NO_HEADERS: Mapping[str, str] = {}

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_VISIBLE = re.compile(r"[\x20-\x7e]+")
_NOT_IN_A_COOKIE = re.compile(r"[\x00-\x1f\x7f;\ud800-\udfff]")
_OWN_HEADERS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "if-modified-since", "if-none-match",
        "keep-alive", "proxy-authorization", "proxy-connection", "range", "te", "trailer", "transfer-encoding",
        "upgrade",
    }
)  # fmt: skip


def request_headers(credential: Credential, url: str, now_ms: int) -> Mapping[str, str]:
    """The headers that a request for the normal URL shows; none for a server that is not meant."""
    if credential.origins and _origin(url) not in credential.origins:
        return NO_HEADERS
    headers = {each.name: each.value for each in credential.headers} if credential.origins else {}
    cookies = [each for each in credential.cookies if _goes_to(each, url, now_ms)]
    if cookies:
        cookies.sort(key=lambda each: -len(each.path))  # as browsers do: the nearest first
        headers["Cookie"] = "; ".join(
            f"{each.name}={each.value}" if each.name else each.value for each in cookies
        )
    return headers


def origin_of(written: str) -> str:
    """`https://host[:port]` of what a person wrote: a host, one with a port, or with http:// in front.

    `UsageError` for anything else. Nothing goes over http unless that is written.
    """
    url = normalise(written if "://" in written else f"https://{written}")
    if url is None or url != f"{_origin(url)}/" or "?" in written or "#" in written:
        raise UsageError(
            "is no host",
            where=written[:100],
            remedy="Write wiki.example.org, wiki.example.org:8443 or http://wiki.intranet",
        )
    return _origin(url)


def own_cookies(origins: Sequence[str], values: Mapping[str, str]) -> Credential:
    """Cookies, by their names, for all pages of these origins."""
    for name, value in values.items():
        check_cookie(name, value)
    cookies = [
        Cookie(name, value, host_of(f"{origin}/"), secure=origin.startswith("https:"))
        for origin in origins
        for name, value in values.items()
    ]
    return Credential("cookie", tuple(origins), cookies=tuple(dict.fromkeys(cookies)))


def own_headers(origins: Sequence[str], values: Mapping[str, str]) -> Credential:
    """Headers, by their names."""
    return Credential("header", tuple(origins), tuple(_header(name, values[name]) for name in values))


def bearer(origins: Sequence[str], token: str) -> Credential:
    return Credential("bearer", tuple(origins), (_header("Authorization", f"Bearer {_given(token)}"),))


def basic(origins: Sequence[str], user: str, password: str) -> Credential:
    if ":" in user:
        raise UsageError(
            "a user name for basic authentication holds no colon", remedy="Give the password apart"
        )
    both = base64.b64encode(f"{user}:{_given(password)}".encode("utf-8", "surrogatepass")).decode()
    return Credential("basic", tuple(origins), (_header("Authorization", f"Basic {both}"),))


def check_cookie(name: str, value: str) -> None:
    """`UsageError` for what cannot be sent as a cookie; it does not quote the value."""
    if "=" in name or _NOT_IN_A_COOKIE.search(name) or (not name and not value):
        raise UsageError("this is no name of a cookie", where=repr(name[:100]))
    if _NOT_IN_A_COOKIE.search(value):
        raise UsageError("the value holds a character that no cookie has", where=f"cookie {name}")
    _check_length(value, f"cookie {name}")


def host_of(url: str) -> str:
    """The host of a normal URL, without its port."""
    authority = url.split("/", 3)[2]
    return authority[: authority.index("]") + 1] if authority.startswith("[") else authority.partition(":")[0]


def belongs(domain: str, host: str, *, host_only: bool) -> bool:
    """Whether a host is the domain of a cookie, or, if the cookie is not for that host only, below it."""
    if host == domain:
        return True
    return not host_only and host.endswith(f".{domain}") and not _is_address(host)


def _goes_to(cookie: Cookie, url: str, now_ms: int) -> bool:
    if cookie.secure and not url.startswith("https:"):
        return False
    if cookie.expires_at is not None and cookie.expires_at * 1000 <= now_ms:
        return False
    if not belongs(cookie.domain, host_of(url), host_only=cookie.host_only):
        return False
    path = f"/{url.split('/', 3)[3]}".partition("?")[0]
    return path == cookie.path or path.startswith(
        cookie.path if cookie.path.endswith("/") else f"{cookie.path}/"
    )


def _is_address(host: str) -> bool:
    return host.startswith("[") or host.rpartition(".")[2].isdigit()


def _origin(url: str) -> str:
    return url[: url.index("/", url.index("://") + 3)]


def _header(name: str, value: str) -> Header:
    if not _TOKEN.fullmatch(name):
        raise UsageError(
            "this is no name of a header", where=repr(name[:100]), remedy="Write --header X-Api-Key"
        )
    if name.lower() == "cookie":
        raise UsageError("cookies are given by their names", where=name, remedy="Write --cookie NAME")
    if name.lower() in _OWN_HEADERS:
        raise UsageError("this header belongs to the connection and cannot be set", where=name)
    _given(value)
    if not _VISIBLE.fullmatch(value):
        raise UsageError("the value holds a character that no header has", where=f"header {name}")
    _check_length(value, f"header {name}")
    return Header(name, value)


def _given(value: str) -> str:
    if not value.strip():
        raise UsageError("the value is empty", remedy="Give it on the standard input, or type it when asked")
    return value


def _check_length(value: str, where: str) -> None:
    if len(value) > LONGEST_VALUE:
        raise UsageError(f"the value has more than {LONGEST_VALUE} characters", where=where)
