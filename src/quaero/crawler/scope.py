"""Which URLs belong to a crawl: by host, then by the patterns that a person wrote."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import msgspec

from quaero.crawler.urls import host_key, normalise
from quaero.models.errors import UsageError
from quaero.search.patterns import compiled

_MEMO_SIZE: Final = 64


class ScopeRules(msgspec.Struct, frozen=True):
    """The URLs that a crawl may visit.

    `allowed_hosts` are `host` or `host:port`. A host without a port means the default port of the scheme (80 or
    443) and no other; without any host nothing is permitted. The patterns are regular expressions of linear time
    (RE2), searched anywhere in the whole URL: if there are include patterns, one of them must be found; an
    exclude pattern that is found wins.
    """

    allowed_hosts: tuple[str, ...]
    include_patterns: tuple[str, ...] = ()
    exclude_patterns: tuple[str, ...] = ()

    def permits(self, url: str) -> bool:
        """Whether the normal URL `url` is in scope. Raises UsageError for rules that make no sense."""
        return _compiled(self).permits(url)

    def permitting(self) -> Callable[[str], bool]:
        """`permits` for many URLs in a row, with the look-up of the compiled rules done once."""
        return _compiled(self).permits


class _CompiledRules:
    __slots__ = ("_excludes", "_hosts", "_includes")

    def __init__(self, rules: ScopeRules) -> None:
        self._hosts = frozenset(map(_allowed_key, rules.allowed_hosts))
        self._includes = tuple(map(compiled, rules.include_patterns))
        self._excludes = tuple(map(compiled, rules.exclude_patterns))

    def permits(self, url: str) -> bool:
        if host_key(url) not in self._hosts:
            return False
        if any(search(url) for search in self._excludes):
            return False
        return not self._includes or any(search(url) for search in self._includes)


@lru_cache(maxsize=_MEMO_SIZE)
def _compiled(rules: ScopeRules) -> _CompiledRules:
    return _CompiledRules(rules)


def _allowed_key(entry: str) -> str:
    """The host key that an entry of `allowed_hosts` means, spelt as `host_key` spells it."""
    url = normalise(f"http://{entry}/")
    if url is None or url.count("/") > 3:
        raise UsageError(f"{entry!r} is not a host", remedy="write it as example.org or example.org:8080")
    return host_key(url).removesuffix(":443")
