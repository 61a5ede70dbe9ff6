"""Name look-up whose answers are judged before they are dialled."""

import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from quaero.crawler.addresses import PrivateHosts, is_literal, refusal_of_text
from quaero.models.errors import FetchError


class GuardedResolver(AbstractResolver):
    """Hands the connector only addresses that a crawl may reach; the connector dials exactly those.

    A name with good and bad addresses keeps the good ones; a name with bad ones only raises FetchError with
    the code `address_refused`.
    """

    def __init__(self, private_hosts: PrivateHosts) -> None:
        self._private_hosts = private_hosts
        self._lookup = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        try:
            found = await self._lookup.resolve(host, port, family)
        except UnicodeError as error:  # a label that is empty or too long for the name system
            raise OSError(None, f"{host} is not a host name") from error
        if not found:
            raise OSError(None, f"{host} has no address")
        if self._private_hosts.allow(host, port):
            return found
        refusals = [refusal_of_text(result["host"]) for result in found]
        if None not in refusals:
            raise address_refused(host, port, refusals[0])
        return [result for result, kind in zip(found, refusals, strict=True) if kind is None]

    async def close(self) -> None:
        await self._lookup.close()


def check_literal(host: str, port: int, private_hosts: PrivateHosts) -> None:
    """Judge a host that is an address itself, which no resolver ever sees. Raises FetchError."""
    if not is_literal(host) or private_hosts.allow(host, port):
        return
    kind = refusal_of_text(host)
    if kind is not None:
        raise address_refused(host, port, kind)


def address_refused(host: str, port: int, kind: str | None) -> FetchError:
    """The error for a host whose address is of a refused kind."""
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return FetchError(
        f"the address is {kind}, which a crawl does not reach",
        code="address_refused",
        where=shown,
        remedy=f'Add allow_private = ["{shown}"] if it is meant to',
    )
