"""The way of one fetch from the URL that was asked for to the one that answers."""

import string
from collections.abc import Callable
from time import monotonic
from urllib.parse import quote

from quaero.crawler.urls import resolve
from quaero.models.errors import FetchError


class Hops:
    """Where a fetch is (`url`, a normal one), and the redirects that it `followed` to get there."""

    __slots__ = ("_limit", "_may_follow", "_start", "followed", "requested_url", "started", "url")

    def __init__(self, requested_url: str, start: str, may_follow: Callable[[str], bool], limit: int) -> None:
        self.requested_url, self.url, self.started = requested_url, start, monotonic()
        self.followed: list[str] = []
        self._start, self._may_follow, self._limit = start, may_follow, limit

    def advance(self, location: str) -> None:
        """Take the redirect to `location`, or raise FetchError: loops, too many, not a page, not permitted."""
        target = resolve(self.url, _as_ascii(location))
        if target is None:
            raise self._error("redirect_refused", f"the page leads to {location!r}, which is no page")
        if target == self._start or target in self.followed:
            raise self._error("redirect_loop", f"the page leads back to {target}")
        if len(self.followed) >= self._limit:
            raise self._error("too_many_redirects", f"the page leads on more than {self._limit} times")
        if not self._may_follow(target):
            raise self._error("redirect_out_of_scope", f"the page leads to {target}, outside the crawl")
        self.followed.append(target)
        self.url = target

    def _error(self, code: str, what: str) -> FetchError:
        return FetchError(what, code=code, where=self.url)


def _as_ascii(location: str) -> str:
    """The header's bytes beyond ASCII as percent escapes, whatever encoding the server thought of."""
    if location.isascii():
        return location
    return quote(location.encode("utf-8", "surrogateescape"), safe=string.printable)
