"""How hard a crawl may press a host: how many requests at once, and how far apart.

A host that answers fast and well is not slowed down at all. One that says it is too busy, or falls silent,
gets fewer requests and longer pauses, and wins the old pace back step by step with every good answer.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from types import TracebackType

from quaero.crawler.urls import host_key
from quaero.models.errors import FetchError

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

_BUSY_STATUSES = frozenset({429, 503})
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_LONGEST_CRAWL_DELAY_SECONDS = 60.0
_RECOVERY_FACTOR = 0.8
_NO_PAUSE_BELOW_SECONDS = 0.02


class HostGates:
    """One gate per host and port. All URLs are normal ones.

    `at_once` is the number of requests that a host may have open, `rate_limit` the least number of seconds
    from the start of one request to the start of the next (0: as the host takes them). Where a host asks for
    a rest of more than `max_wait` seconds, a turn fails instead of holding a job for that long.
    """

    def __init__(
        self,
        *,
        at_once: int = 8,
        rate_limit: float = 0.0,
        max_wait: float = 60.0,
        clock: Clock = monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._at_once, self._rate_limit, self._max_wait = at_once, rate_limit, max_wait
        self._clock, self._sleep = clock, sleep
        self._gates: dict[str, _Gate] = {}

    def turn(self, url: str, *, crawl_delay: float | None = None) -> "Turn":
        """The right to send one request: `async with gates.turn(url): ...`.

        `crawl_delay` is what the site's robots.txt asks for, in seconds; more than 60 count as 60. Entering
        raises FetchError with the code `host_busy` and a `retry_after` while the host rests for too long.
        """
        gate = self._gate(url)
        if crawl_delay is not None:
            gate.least_pause = max(self._rate_limit, min(crawl_delay, _LONGEST_CRAWL_DELAY_SECONDS))
        return Turn(gate, url)

    def observe(self, url: str, status: int | None, elapsed: float, retry_after: float | None = None) -> None:
        """Tell how a request ended that took `elapsed` seconds, with `status` None if no answer came in time.

        `retry_after` is the number of seconds that the host asked to be left alone; no turn starts earlier.
        """
        gate = self._gate(url)
        now = self._clock()
        if retry_after is not None:
            gate.rest_until = max(gate.rest_until, now + retry_after)
        started = now - elapsed
        if status is None or status in _BUSY_STATUSES or retry_after is not None:
            gate.back_off(now, started)
        elif not gate.at_ease:
            gate.recover(started)

    def _gate(self, url: str) -> "_Gate":
        host = host_key(url)
        gate = self._gates.get(host)
        if gate is None:
            gate = _Gate(self._at_once, self._rate_limit, self._max_wait, self._clock, self._sleep)
            self._gates[host] = gate
        return gate


class Turn:
    """One request's place at the gate of its host."""

    __slots__ = ("_gate", "_url")

    def __init__(self, gate: "_Gate", url: str) -> None:
        self._gate, self._url = gate, url

    async def __aenter__(self) -> None:
        await self._gate.enter(self._url)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gate.leave()


class _Gate:
    __slots__ = (
        "_allowed",
        "_at_once",
        "_backed_off_at",
        "_clock",
        "_max_wait",
        "_next_start",
        "_open",
        "_pause",
        "_sleep",
        "_waiting",
        "least_pause",
        "rest_until",
    )

    def __init__(self, at_once: int, least_pause: float, max_wait: float, clock: Clock, sleep: Sleep) -> None:
        self.least_pause = least_pause
        self.rest_until = 0.0
        self._at_once, self._max_wait, self._clock, self._sleep = at_once, max_wait, clock, sleep
        self._allowed = float(at_once)
        self._pause = 0.0
        self._next_start = 0.0
        self._backed_off_at = float("-inf")
        self._open = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def at_ease(self) -> bool:
        return self._pause == 0.0 and self._allowed >= self._at_once

    async def enter(self, url: str) -> None:
        if self._open >= int(self._allowed) or self._waiting:
            await self._wait_for_a_place()
        else:
            self._open += 1
        try:
            await self._wait_for_the_time(url)
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        self._open -= 1
        self._let_in()

    def back_off(self, now: float, started: float) -> None:
        """Press the host half as hard; once for all the requests that were under way together."""
        if started < self._backed_off_at:
            return
        self._backed_off_at = now
        self._pause = min(max(2 * self._pause, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
        self._allowed = max(1.0, self._allowed / 2)
        self._next_start = max(self._next_start, now + self._pause)

    def recover(self, started: float) -> None:
        """Press a little harder again, if the good answer is to a request of after the last bad one."""
        if started < self._backed_off_at:
            return
        self._pause *= _RECOVERY_FACTOR
        if self._pause < _NO_PAUSE_BELOW_SECONDS:
            self._pause = 0.0
        self._allowed = min(float(self._at_once), self._allowed + 1 / self._allowed)
        self._let_in()

    async def _wait_for_a_place(self) -> None:
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # given in the moment of the cancellation: hand it on
                self.leave()
            raise

    def _let_in(self) -> None:
        while self._waiting and self._open < int(self._allowed):
            place = self._waiting.popleft()
            if not place.done():
                self._open += 1
                place.set_result(None)

    async def _wait_for_the_time(self, url: str) -> None:
        """Take the next free start time and sleep until then; a rest that is asked for meanwhile counts."""
        while True:
            now = self._clock()
            start = max(now, self._next_start, self.rest_until)
            if self.rest_until - now > self._max_wait:
                raise _host_busy(url, self.rest_until - now)
            self._next_start = start + max(self._pause, self.least_pause)
            while now < start:
                await self._sleep(start - now)
                now = self._clock()
            if now >= self.rest_until:
                return


def _host_busy(url: str, seconds: float) -> FetchError:
    return FetchError(
        f"the host asked to be left alone for {seconds:.0f} more seconds",
        code="host_busy",
        where=url,
        retryable=True,
        retry_after=seconds,
    )
