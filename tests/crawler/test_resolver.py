import asyncio
import socket
from typing import Any

import pytest

from quaero.crawler.addresses import PrivateHosts
from quaero.crawler.fetch import Fetcher
from quaero.crawler.resolver import GuardedResolver
from quaero.models.errors import FetchError
from tests.crawler.misbehaving_server import PAGE, MisbehavingServer


class NameSystem:
    """Answers look-ups from a table."""

    def __init__(self, addresses: dict[str, list[str]]) -> None:
        self.addresses = addresses

    async def getaddrinfo(self, host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        found = self.addresses[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


async def resolved(monkeypatch: pytest.MonkeyPatch, addresses: list[str], *allowed: str) -> list[str]:
    names = NameSystem({"example.org": addresses})
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names.getaddrinfo)
    resolver = GuardedResolver(PrivateHosts.parse(frozenset(allowed)))
    return [answer["host"] for answer in await resolver.resolve("example.org", 80)]


async def test_public_addresses_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await resolved(monkeypatch, ["8.8.8.8", "8.8.4.4"]) == ["8.8.8.8", "8.8.4.4"]


async def test_private_addresses_among_public_ones_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await resolved(monkeypatch, ["127.0.0.1", "8.8.8.8", "10.0.0.1"]) == ["8.8.8.8"]


async def test_a_name_with_private_addresses_only_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FetchError, match="loopback") as caught:
        await resolved(monkeypatch, ["127.0.0.1", "10.0.0.1"])
    assert caught.value.code == "address_refused"
    assert "allow_private" in caught.value.remedy


async def test_an_allowed_name_may_have_any_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await resolved(monkeypatch, ["10.0.0.1"], "example.org:80") == ["10.0.0.1"]


async def test_leave_for_another_port_does_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FetchError):
        await resolved(monkeypatch, ["10.0.0.1"], "example.org:8080")


async def test_a_name_without_addresses_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="no address"):
        await resolved(monkeypatch, [])


async def test_leave_for_one_name_is_none_for_another_at_the_same_address(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = NameSystem({"mine.test": ["127.0.0.1"], "theirs.test": ["127.0.0.1"]})
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names.getaddrinfo)
    server.redirect("/go", f"http://theirs.test:{server.port}/page")
    async with Fetcher(user_agent="x", allow_private=frozenset({f"mine.test:{server.port}"})) as fetcher:
        assert (await fetcher.fetch(f"http://mine.test:{server.port}/page")).body == PAGE
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(f"http://mine.test:{server.port}/go")
    assert caught.value.code == "address_refused"
    assert server.paths() == ["/page", "/go"]
