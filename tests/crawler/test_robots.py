import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from quaero.crawler.fetch import Fetcher
from quaero.crawler.robots import RobotsCache
from tests.crawler.misbehaving_server import PAGE, Exchange, MisbehavingServer

RULES = b"User-agent: *\nDisallow: /private/\nAllow: /private/news\nCrawl-delay: 2.5\n"


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def robots(server: MisbehavingServer, clock: Clock) -> AsyncIterator[RobotsCache]:
    allowed = frozenset({server.host, f"localhost:{server.port}"})
    async with Fetcher(user_agent="quaero/1.0", allow_private=allowed) as fetcher:
        yield RobotsCache(fetcher, "quaero/1.0", clock=clock)


async def test_rules_decide_about_urls_and_the_delay(server: MisbehavingServer, robots: RobotsCache) -> None:
    server.serve("/robots.txt", RULES, content_type="text/plain")
    rules = await robots.rules_for(server.url("/any/page?x=1"))
    assert not rules.allows(server.url("/private/page"))
    assert rules.allows(server.url("/private/news"))
    assert rules.allows(server.url("/"))
    assert rules.crawl_delay == 2.5
    assert rules.failure is None


async def test_the_group_that_names_this_crawler_wins(server: MisbehavingServer, robots: RobotsCache) -> None:
    server.serve("/robots.txt", b"User-agent: *\nDisallow: /\n\nUser-agent: Quaero\nDisallow: /x\n")
    rules = await robots.rules_for(server.url("/"))
    assert rules.allows(server.url("/page"))
    assert not rules.allows(server.url("/x"))


async def test_a_byte_order_mark_and_a_wrong_content_type_do_not_matter(
    server: MisbehavingServer, robots: RobotsCache
) -> None:
    server.serve("/robots.txt", b"\xef\xbb\xbf" + RULES + b"# caf\xe9\n", content_type="image/png")
    assert not (await robots.rules_for(server.url("/"))).allows(server.url("/private/"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_without_a_file_everything_is_allowed(
    server: MisbehavingServer, robots: RobotsCache, status: int
) -> None:
    server.serve("/robots.txt", b"", status=status)
    rules = await robots.rules_for(server.url("/"))
    assert rules.allows(server.url("/private/"))
    assert rules.crawl_delay is None


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_while_the_server_fails_nothing_is_allowed_for_a_minute(
    server: MisbehavingServer, robots: RobotsCache, clock: Clock, status: int
) -> None:
    server.serve("/robots.txt", b"", status=status)
    rules = await robots.rules_for(server.url("/"))
    assert not rules.allows(server.url("/"))
    assert rules.failure is not None
    assert rules.failure.code == f"http_{status}"
    server.serve("/robots.txt", RULES)
    assert not (await robots.rules_for(server.url("/"))).allows(server.url("/"))
    clock.now += 61
    assert (await robots.rules_for(server.url("/"))).allows(server.url("/"))


async def test_a_failing_server_is_not_asked_again_before_it_said(
    server: MisbehavingServer, robots: RobotsCache, clock: Clock
) -> None:
    server.serve("/robots.txt", b"", status=503, retry_after="600")
    await robots.rules_for(server.url("/"))
    clock.now += 599
    assert robots.known(server.url("/")) is not None
    clock.now += 2
    assert robots.known(server.url("/")) is None


async def test_a_server_that_hangs_up_allows_nothing(server: MisbehavingServer, robots: RobotsCache) -> None:
    server.redirect("/robots.txt", "/hang-up")
    rules = await robots.rules_for(server.url("/"))
    assert not rules.allows(server.url("/"))
    assert rules.failure is not None
    assert rules.failure.retryable


async def test_five_redirects_are_followed_and_six_mean_no_file(
    server: MisbehavingServer, robots: RobotsCache, clock: Clock
) -> None:
    server.serve("/onward/0", RULES)
    server.redirect("/robots.txt", "/onward/4")
    assert not (await robots.rules_for(server.url("/"))).allows(server.url("/private/"))
    clock.now += 24 * 3600 + 1
    server.redirect("/robots.txt", "/onward/5")
    assert (await robots.rules_for(server.url("/"))).allows(server.url("/private/"))


async def test_a_redirect_to_another_host_counts_for_the_origin_that_was_asked(
    server: MisbehavingServer, robots: RobotsCache
) -> None:
    server.redirect("/robots.txt", f"http://localhost:{server.port}/rules")
    server.serve("/rules", RULES)
    assert not (await robots.rules_for(server.url("/"))).allows(server.url("/private/"))


async def test_only_the_first_500_kilobytes_count(server: MisbehavingServer, robots: RobotsCache) -> None:
    filler = b"# nothing to see\n" * 32_000
    server.serve("/robots.txt", RULES + filler + b"Disallow: /late\n")
    rules = await robots.rules_for(server.url("/"))
    assert not rules.allows(server.url("/private/"))
    assert rules.allows(server.url("/late"))


async def test_many_callers_share_one_request(server: MisbehavingServer, robots: RobotsCache) -> None:
    server.serve("/robots.txt", RULES)
    await asyncio.gather(*(robots.rules_for(server.url(f"/{number}")) for number in range(20)))
    await robots.rules_for(server.url("/later"))
    assert server.paths() == ["/robots.txt"]


async def test_the_next_caller_reads_the_file_when_the_first_is_cancelled(
    server: MisbehavingServer, robots: RobotsCache
) -> None:
    asked = asyncio.Event()

    async def stall_once(exchange: Exchange) -> None:
        asked.set()
        server.serve("/robots.txt", RULES)
        await exchange.stall()

    server.on("/robots.txt", stall_once)
    first = asyncio.create_task(robots.rules_for(server.url("/")))
    await asked.wait()
    second = asyncio.create_task(robots.rules_for(server.url("/")))
    first.cancel()
    assert not (await second).allows(server.url("/private/"))


async def test_rules_are_known_once_they_were_read_and_for_their_origin_only(
    server: MisbehavingServer, robots: RobotsCache, clock: Clock
) -> None:
    server.serve("/robots.txt", RULES)
    assert robots.known(server.url("/")) is None
    rules = await robots.rules_for(server.url("/"))
    assert robots.known(server.url("/other?page")) is rules
    assert robots.known(f"http://localhost:{server.port}/") is None
    clock.now += 24 * 3600 + 1
    assert robots.known(server.url("/")) is None


async def test_a_page_instead_of_rules_allows_everything(
    server: MisbehavingServer, robots: RobotsCache
) -> None:
    server.serve("/robots.txt", PAGE)
    assert (await robots.rules_for(server.url("/"))).allows(server.url("/"))
