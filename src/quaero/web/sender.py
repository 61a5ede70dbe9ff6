"""Who sent a request, also through a proxy; what every program that speaks HTTP must get right."""

import re
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from quaero.web.problems import Problem

UNKNOWN: Final = "unknown"
LONGEST_TARGET: Final = 8_000
MOST_HEAD_BYTES: Final = 32_768
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


def address_of(scope: Scope) -> str:
    """The address that the request comes from; see `see_through_proxy`."""
    client = scope.get("client")
    return client[0] if client else UNKNOWN


def see_through_proxy(scope: Scope, headers: Headers, trusted: Collection[str]) -> None:
    """Make it the request that a trusted proxy got; one that comes from elsewhere is left as it is.

    Of `X-Forwarded-For` only the last address counts, which the proxy itself wrote.
    """
    if address_of(scope) not in trusted:
        return
    if forwarded := ",".join(headers.getlist("x-forwarded-for")):
        scope["client"] = (forwarded.rpartition(",")[2].strip()[:64] or UNKNOWN, 0)
    scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
    if scheme in ("http", "https"):
        scope["scheme"] = scheme


def malformed(scope: Scope, headers: Headers) -> Problem | None:
    """What is wrong with the form of a request. The connection ends then: what follows may be part of it."""
    what = _fault(scope, headers)
    return None if what is None else Problem(400, "bad_http", what, headers={"connection": "close"})


def _fault(scope: Scope, headers: Headers) -> str | None:
    raw_path = scope.get("raw_path", b"")
    if not raw_path.startswith(b"/"):
        return "the target of a request is a path"
    if len(raw_path) + len(scope["query_string"]) > LONGEST_TARGET:
        return f"the target of a request has at most {LONGEST_TARGET:,} characters"
    if sum(len(name) + len(value) for name, value in headers.raw) > MOST_HEAD_BYTES:
        return f"the head of a request has at most {MOST_HEAD_BYTES:,} bytes"
    if _CONTROL.search(scope["path"]):
        return "the path has a character that no path has"
    if len(headers.getlist("host")) != 1:
        return "a request names one host"
    if "transfer-encoding" in headers and "content-length" in headers:
        return "a body has a length or is in chunks, not both"
    for name in ("origin", "authorization", "content-type", "content-length"):
        if len(headers.getlist(name)) > 1:
            return f"there is more than one {name}"
    return None
