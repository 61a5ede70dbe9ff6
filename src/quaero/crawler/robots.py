"""What a site asks of crawlers in its robots.txt (RFC 9309)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from protego import Protego

from quaero.crawler.fetch import Fetcher
from quaero.crawler.response import FetchLimits
from quaero.models.errors import FetchError

_LIMITS = FetchLimits(deadline_seconds=20.0, body_bytes=500 * 1024, redirects=5, cut_body=True)
_GOOD_FOR_SECONDS = 24 * 3600.0
_FAILURE_GOOD_FOR_SECONDS = 60.0
_TOO_MANY_REQUESTS = "http_429"
_ENDLESS_REDIRECTS = frozenset({"too_many_redirects", "redirect_loop", "redirect_refused"})


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules of one origin for one user agent.

    `failure` is set while the rules could not be read and nothing is allowed for that reason; trying again
    after a while can help.
    """

    user_agent: str
    parsed: Protego | None = None
    failure: FetchError | None = None

    def allows(self, url: str) -> bool:
        """Whether `url`, which must be of this origin, may be fetched."""
        if self.failure is not None:
            return False
        return self.parsed is None or self.parsed.can_fetch(url, self.user_agent)

    @property
    def crawl_delay(self) -> float | None:
        """The seconds between two requests that the site asks for, if it does."""
        return self.parsed.crawl_delay(self.user_agent) if self.parsed else None


class RobotsCache:
    """The rules of every origin that was asked for, each read once and kept for a day.

    A missing or forbidden robots.txt (4xx) allows everything; a failing one (5xx, 429, unreachable) nothing,
    but only for a minute.
    """

    def __init__(self, fetcher: Fetcher, user_agent: str, *, clock: Callable[[], float] = monotonic) -> None:
        self._fetcher, self._user_agent, self._clock = fetcher, user_agent, clock
        self._kept: dict[str, tuple[RobotsRules, float]] = {}
        self._reading: dict[str, asyncio.Lock] = {}

    def known(self, url: str) -> RobotsRules | None:
        """The rules for a normal URL if they were read already and still hold."""
        rules, until = self._kept.get(_origin(url), (None, 0.0))
        return rules if self._clock() < until else None

    async def rules_for(self, url: str) -> RobotsRules:
        """The rules for a normal URL, read now if need be; callers for one origin share one request."""
        rules = self.known(url)
        if rules is not None:
            return rules
        origin = _origin(url)
        async with self._reading.setdefault(origin, asyncio.Lock()):
            return self.known(url) or await self._read(origin)

    async def _read(self, origin: str) -> RobotsRules:
        good_for = _GOOD_FOR_SECONDS
        try:
            answer = await self._fetcher.fetch(f"{origin}/robots.txt", accept=None, limits=_LIMITS)
        except FetchError as error:
            rules = _rules_without_file(self._user_agent, error)
            if rules.failure is not None:
                good_for = max(_FAILURE_GOOD_FOR_SECONDS, error.retry_after or 0.0)
        else:
            text = answer.body.decode("utf-8-sig", "replace")
            # In a thread: half a megabyte of rules takes a while to read.
            rules = RobotsRules(self._user_agent, await asyncio.to_thread(Protego.parse, text))
        self._kept[origin] = (rules, self._clock() + good_for)
        return rules


def _rules_without_file(user_agent: str, error: FetchError) -> RobotsRules:
    absent = error.code.startswith("http_4") and error.code != _TOO_MANY_REQUESTS
    if absent or error.code in _ENDLESS_REDIRECTS:
        return RobotsRules(user_agent)
    return RobotsRules(user_agent, failure=error)


def _origin(url: str) -> str:
    return url[: url.index("/", url.index("://") + 3)]
