import asyncio
from dataclasses import dataclass, field

import pytest

from quaero.crawler.politeness import HostGates
from quaero.models.errors import FetchError

URL = "https://example.org/page"
ELSEWHERE = "https://example.org:8443/page"


@dataclass
class Time:
    """A clock that moves only when somebody sleeps, to the end of the shortest sleep."""

    now: float = 100.0
    sleeps: list[float] = field(default_factory=list)
    _ends: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        end = self.now + seconds
        self._ends.append(end)
        while self.now < end:
            await asyncio.sleep(0)
            self.now = max(self.now, min(self._ends))
        self._ends.remove(end)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def gates(time: Time) -> HostGates:
    return HostGates(at_once=4, clock=time.clock, sleep=time.sleep)


async def start_of_turn(
    gates: HostGates, time: Time, url: str = URL, crawl_delay: float | None = None
) -> float:
    async with gates.turn(url, crawl_delay=crawl_delay):
        return time.now


async def most_at_once(gates: HostGates, url: str = URL, turns: int = 12) -> int:
    """How many of so many turns are open together when none is in a hurry to end."""
    still_open = most = 0

    async def take() -> None:
        nonlocal still_open, most
        async with gates.turn(url):
            still_open += 1
            most = max(most, still_open)
            for _ in range(20):
                await asyncio.sleep(0)
            still_open -= 1

    await asyncio.gather(*(take() for _ in range(turns)))
    return most


async def test_a_host_that_answers_well_is_never_waited_for(gates: HostGates, time: Time) -> None:
    for _ in range(50):
        await start_of_turn(gates, time)
        gates.observe(URL, 200, 0.1)
    assert time.sleeps == []


async def test_a_host_gets_no_more_requests_at_once_than_allowed(gates: HostGates) -> None:
    assert await most_at_once(gates) == 4


async def test_another_port_is_another_host(gates: HostGates) -> None:
    async with gates.turn(URL), gates.turn(URL), gates.turn(URL), gates.turn(URL), gates.turn(ELSEWHERE):
        waiting = asyncio.create_task(gates.turn(URL).__aenter__())
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting


async def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    gates = HostGates(at_once=1)
    order: list[int] = []

    async def take(number: int) -> None:
        async with gates.turn(URL):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(take(number) for number in range(10)))
    assert order == list(range(10))


async def test_a_rate_limit_keeps_the_starts_apart_also_over_many_waiters(time: Time) -> None:
    gates = HostGates(at_once=8, rate_limit=15.0, clock=time.clock, sleep=time.sleep)
    starts = [await start_of_turn(gates, time) for _ in range(6)]
    assert starts == [100.0, 115.0, 130.0, 145.0, 160.0, 175.0]


async def test_waiters_of_a_rate_limit_start_one_by_one_and_are_not_turned_away(time: Time) -> None:
    gates = HostGates(at_once=8, rate_limit=15.0, clock=time.clock, sleep=time.sleep)
    starts = await asyncio.gather(*(start_of_turn(gates, time) for _ in range(8)))
    assert starts == [100.0 + 15.0 * number for number in range(8)]


async def test_a_crawl_delay_counts_when_it_is_longer_than_the_rate_limit(time: Time) -> None:
    gates = HostGates(rate_limit=2.0, clock=time.clock, sleep=time.sleep)
    starts = [await start_of_turn(gates, time, crawl_delay=delay) for delay in (1.0, 5.0, 5.0)]
    assert starts == [100.0, 102.0, 107.0]


async def test_a_crawl_delay_of_days_counts_as_a_minute(gates: HostGates, time: Time) -> None:
    starts = [await start_of_turn(gates, time, crawl_delay=1e6) for _ in range(2)]
    assert starts == [100.0, 160.0]


@pytest.mark.parametrize("status", [429, 503, None])
async def test_a_host_that_cannot_keep_up_is_pressed_half_as_hard(
    gates: HostGates, time: Time, status: int | None
) -> None:
    gates.observe(URL, status, 0.1)
    starts = [await start_of_turn(gates, time) for _ in range(3)]
    assert starts == [100.5, 101.0, 101.5]
    assert await most_at_once(gates) == 2


async def test_each_further_failure_doubles_the_pause_up_to_a_minute(gates: HostGates, time: Time) -> None:
    pauses = []
    for _ in range(9):
        gates.observe(URL, 503, 0.0)
        before = time.now
        pauses.append(await start_of_turn(gates, time) - before)
        time.now += 1
    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]


async def test_failures_of_requests_sent_together_count_once(gates: HostGates, time: Time) -> None:
    time.now += 10
    for _ in range(4):
        gates.observe(URL, 429, 5.0)
        time.now += 0.01
    before = time.now
    await start_of_turn(gates, time)
    assert await start_of_turn(gates, time) - before < 1.5


async def test_a_good_answer_to_an_older_request_speeds_nothing_up(gates: HostGates, time: Time) -> None:
    gates.observe(URL, 429, 0.1)
    for _ in range(100):
        gates.observe(URL, 200, 5.0)
    starts = [await start_of_turn(gates, time) for _ in range(2)]
    assert starts == [100.5, 101.0]


async def test_good_answers_bring_the_old_pace_back_step_by_step(gates: HostGates, time: Time) -> None:
    for _ in range(3):
        gates.observe(URL, 503, 0.0)
        time.now += 1
    pauses = []
    for _ in range(40):
        before = time.now
        await start_of_turn(gates, time)
        pauses.append(time.now - before)
        gates.observe(URL, 200, 0.0)
    assert pauses[1:] == sorted(pauses[1:], reverse=True)
    assert pauses[1] > 1.0
    assert pauses[-1] == 0.0
    assert await most_at_once(gates) == 4


@pytest.mark.parametrize("status", [429, 503, 200])
async def test_a_retry_after_is_never_early(gates: HostGates, time: Time, status: int) -> None:
    gates.observe(URL, status, 0.1, 30.0)
    gates.observe(URL, 200, 0.1)
    assert await start_of_turn(gates, time) >= 130.0


async def test_a_shorter_retry_after_does_not_shorten_a_longer_one(gates: HostGates, time: Time) -> None:
    gates.observe(URL, 429, 0.1, 30.0)
    gates.observe(URL, 429, 0.1, 5.0)
    assert await start_of_turn(gates, time) >= 130.0


async def test_a_retry_after_holds_back_a_turn_that_was_already_waiting() -> None:
    time = Time()
    gates = HostGates(rate_limit=1.0, clock=time.clock, sleep=time.sleep)
    await start_of_turn(gates, time)
    waiting = asyncio.create_task(start_of_turn(gates, time))
    await asyncio.sleep(0)
    gates.observe(URL, 429, 0.1, 20.0)
    assert await waiting >= 120.0


async def test_a_rest_that_is_too_long_to_wait_for_is_an_error_with_its_end(
    gates: HostGates, time: Time
) -> None:
    gates.observe(URL, 503, 0.1, 3600.0)
    with pytest.raises(FetchError) as caught:
        await start_of_turn(gates, time)
    error = caught.value
    assert (error.code, error.retryable, error.retry_after) == ("host_busy", True, 3600.0)
    time.now += 3600
    await start_of_turn(gates, time)


async def test_other_hosts_do_not_suffer(gates: HostGates, time: Time) -> None:
    gates.observe(URL, 429, 0.1, 3600.0)
    await start_of_turn(gates, time, ELSEWHERE)
    assert time.sleeps == []


async def test_a_turn_that_fails_gives_its_place_back(gates: HostGates) -> None:
    for _ in range(10):
        with pytest.raises(RuntimeError):
            async with gates.turn(URL):
                raise RuntimeError
    assert await most_at_once(gates) == 4


async def test_places_are_not_lost_when_those_who_wait_are_cancelled() -> None:
    gates = HostGates(at_once=1)
    async with gates.turn(URL):
        waiting = [asyncio.create_task(gates.turn(URL).__aenter__()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
    waiting[1].cancel()  # it has just been given the place, and hands it on
    await waiting[2]
    assert [waiter.cancelled() for waiter in waiting] == [True, True, False]
