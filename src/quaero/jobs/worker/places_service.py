"""A service for places as jobs ask it: in turn with all other processes, with its key, and within limits."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

from quaero.crawler.credentials import request_headers
from quaero.crawler.fetch import Fetcher
from quaero.crawler.response import FetchLimits, Response
from quaero.crawler.retry_after import retry_after_seconds
from quaero.crawler.urls import normalise
from quaero.jobs.worker import JobContext
from quaero.models.errors import FetchError, JobFailure
from quaero.places import google
from quaero.places.place import Found
from quaero.places.problems import without_secrets
from quaero.places.providers import Service
from quaero.places.query import Query, Request
from quaero.settings import PlacesSettings

LIMITS: Final = FetchLimits(deadline_seconds=60, body_bytes=20_000_000)
LONGEST_WAIT_MS: Final = 60_000
"""A job waits so long for its turn; a turn that is later is left to another attempt."""

LONGEST_HOLD_SECONDS: Final = 86_400.0
"""After a day a service is tried again, whatever it asked for."""

_REMEDIES: Final = {
    "address_refused": "If it is meant, name its URL in the settings of places",
    "body_too_large": "Ask for less: a smaller radius",
    "tls_failed": "Is the base URL in the settings right?",
    "unreachable": "Is the base URL in the settings right, and this machine connected?",
}

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, when, and the text that says so."""

    found: Found
    at: int
    body: bytes


def new_fetcher(settings: PlacesSettings, limits: FetchLimits) -> Fetcher:
    """Connections to the services. In a private network are only those that a person has named."""
    agent = settings.user_agent or f"Quaero/{version('quaero')} (searches for personal collections)"
    return Fetcher(user_agent=agent, allow_private=_named_by_hand(settings), limits=limits)


class AskedService:
    """One service for one job."""

    def __init__(self, service: Service, context: JobContext, fetcher: Fetcher, sleep: Sleep) -> None:
        self._service, self._context, self._fetcher, self._sleep = service, context, fetcher, sleep
        self._settings, self._store = context.control.places, context.control.store
        self.url = url_of(service, self._settings)
        self._host = urlsplit(self.url).netloc
        self._pace = f"places {self._host}"

    async def ask(self, request: Request, query: Query) -> Answer:
        """The answer to a request; `JobFailure` where there is none, in words without anything secret."""
        own = await self._own_headers()
        await self._wait_for_turn()
        try:
            response = await self._send(request, own)
            at = self._context.now_ms()
            found = await asyncio.to_thread(self._service.found_in, response.body, query)
        except JobFailure as failure:
            if failure.code == "places_quota":
                seconds = min(failure.retry_after or 0, LONGEST_HOLD_SECONDS)
                await self._store.hold_off(self._pace, round(seconds * 1000))
            raise self._told(failure, own) from None
        size, seconds = len(response.body), response.elapsed_seconds
        self._context.log(f"{self._host} answered with {size} bytes in {seconds:.3f} s")
        return Answer(found, at, response.body)

    async def _send(self, request: Request, own: Mapping[str, str]) -> Response:
        url = f"{self.url}{request.path}"
        response = await self._fetcher.ask(
            request.method, url, headers={**request.headers, **own}, body=request.body
        )
        if response.status == 200:
            return response
        asked_to_wait = retry_after_seconds(response.headers, datetime.now(UTC))
        raise self._service.problem(response.status, response.body, asked_to_wait)

    async def _own_headers(self) -> Mapping[str, str]:
        """The key of the service, or what the credentials of the definition show to it."""
        credential = await self._context.credential()
        origin = normalise(f"{self.url}/")
        if credential is not None and credential.origins and origin is not None:
            shown = request_headers(credential, origin, self._context.now_ms())
            if shown:
                return shown
        if not self._service.keyed:
            return {}
        if not self._settings.google_key:
            raise JobFailure(
                "there is no key for it",
                code="places_no_key",
                where=self._host,
                remedy="Set QUAERO_GOOGLE_PLACES_KEY, or name credentials for this host in the definition's auth",
            )
        return {google.KEY_HEADER: self._settings.google_key}

    async def _wait_for_turn(self) -> None:
        pause_ms = self._settings.pause_of(self.url) if self._service.paced else 0
        wait_ms = await self._store.take_turn(self._pace, pause_ms) - self._context.now_ms()
        if wait_ms > LONGEST_WAIT_MS:
            raise JobFailure(
                "it wants to be left alone, or many others are to ask it before",
                code="places_quota",
                where=self._host,
                retryable=True,
                retry_after=wait_ms / 1000,
            )
        if wait_ms > 0:
            await self._sleep(wait_ms / 1000)

    def _told(self, failure: JobFailure, own: Mapping[str, str]) -> JobFailure:
        """The same failure as one of this service."""
        of_page = isinstance(failure, FetchError)
        what = failure.what.replace("the page", "the answer") if of_page else failure.what
        return JobFailure(
            without_secrets(what, own.values()),
            code=failure.code,
            where=self._host,
            remedy=_REMEDIES.get(failure.code, "") if of_page else failure.remedy,
            retryable=failure.retryable,
            retry_after=failure.retry_after,
        )


def url_of(service: Service, settings: PlacesSettings) -> str:
    """The base URL of a service."""
    urls = {
        "nominatim": settings.nominatim_url,
        "overpass": settings.overpass_url,
        "google": settings.google_url,
    }
    return urls[service.name]


def _named_by_hand(settings: PlacesSettings) -> frozenset[str]:
    default = PlacesSettings()
    named = {settings.nominatim_url, settings.overpass_url, settings.google_url}
    named -= {default.nominatim_url, default.overpass_url, default.google_url}
    return frozenset(_host_and_port(url) for url in named)


def _host_and_port(url: str) -> str:
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
