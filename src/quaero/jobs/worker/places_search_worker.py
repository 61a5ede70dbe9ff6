"""Asks a provider for one page of a search, and hands over one document for each place."""

import asyncio
from hashlib import blake2b

import msgspec

from quaero.crawler.fetch import Fetcher
from quaero.crawler.response import FetchLimits
from quaero.jobs.manager.places_search_manager import CHILD_TYPE, PlacesSearchConfig, page_job
from quaero.jobs.worker import JobContext
from quaero.jobs.worker.place_document import document_of
from quaero.jobs.worker.places_service import LIMITS, AskedService, Sleep, new_fetcher
from quaero.models.errors import JobFailure
from quaero.models.job import Job
from quaero.models.moment import iso_time
from quaero.models.outcome import LogLevel, Outcome
from quaero.places.place import Found
from quaero.places.providers import Service, service_for
from quaero.places.query import Query, Request
from quaero.places.selection import chosen


class PlacesSearchWorker:
    """Executes `places_search_query` jobs: config {"number": of the page, "page": leads to it, "found": before it}."""

    worker_type = CHILD_TYPE

    def __init__(self, limits: FetchLimits = LIMITS, sleep: Sleep = asyncio.sleep) -> None:
        self._limits, self._sleep = limits, sleep
        self._fetcher: Fetcher | None = None

    def validate(self, job: Job) -> None:
        numbers = (job.config.get("number"), job.config.get("found"))
        if not all(isinstance(each, int) for each in numbers) or not isinstance(job.config.get("page"), str):
            raise JobFailure("the job names no page of a search", code="invalid_job")

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        config: PlacesSearchConfig = context.config
        query = config.query()
        service = service_for(config.provider, config.search_type)
        found, at = await self._found(service, query, job.config["page"], context)
        _tell_of(found, context)
        places = chosen(found.places, query, query.most - job.config["found"])
        context.log(f"{len(found.places)} places found, {len(places)} of them taken")
        number, so_far = job.config["number"], job.config["found"] + len(places)
        if found.next_page and so_far < query.most and number < service.pages:
            context.children.append(page_job(query.text, number + 1, found.next_page, so_far))
        documents = tuple(document_of(place, at, context.definition.tags) for place in places)
        return Outcome(documents, note="" if documents else "no places")

    async def close(self) -> None:
        fetcher, self._fetcher = self._fetcher, None
        if fetcher is not None:
            await fetcher.close()

    async def _found(
        self, service: Service, query: Query, page: str, context: JobContext
    ) -> tuple[Found, int]:
        """What the service finds, and when it said so: an answer that was kept, or a new one."""
        if self._fetcher is None:
            self._fetcher = new_fetcher(context.control.places, self._limits)
        asked = AskedService(service, context, self._fetcher, self._sleep)
        request, store = service.request_of(query, page), context.control.store
        question = _question(asked.url, request)
        max_age = context.config.max_age
        if service.kept and (kept := await store.answer(question, max_age_ms=max_age)) is not None:
            at, body = msgspec.json.decode(kept, type=tuple[int, str])
            context.log(f"the answer of {iso_time(at)} is used again")
            return await asyncio.to_thread(service.found_in, body.encode(), query), at
        answer = await asked.ask(request, query)
        if service.kept:
            kept = msgspec.json.encode((answer.at, answer.body.decode())).decode()
            await store.keep_answer(question, kept)
        return answer.found, answer.at


def _question(url: str, request: Request) -> str:
    """A hash of all that the answer depends on."""
    written = msgspec.json.encode((url, request.method, request.path, (request.body or b"").decode()))
    return f"places {blake2b(written, digest_size=16).hexdigest()}"


def _tell_of(found: Found, context: JobContext) -> None:
    if found.unreadable:
        context.log(f"{found.unreadable} entries of the answer are no places", LogLevel.WARNING)
    if found.cut:
        more = f"there are more than {len(found.places)} places, and nearer ones may be among the others"
        context.log(f"{more}: ask for a smaller radius", LogLevel.WARNING)
