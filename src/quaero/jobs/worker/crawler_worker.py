"""Fetches one page, stores it as a document, and spawns the pages that it links to."""

import os
from collections import OrderedDict

from quaero.crawler.credentials import NO_HEADERS, request_headers
from quaero.crawler.fetch import Credentials
from quaero.crawler.page import ParsedPage, ParseRequest
from quaero.crawler.parser_pool import ParserPool
from quaero.crawler.response import Response
from quaero.jobs.manager.crawler_manager import CHILD_TYPE, CrawlConfig, page_job
from quaero.jobs.worker import JobContext
from quaero.jobs.worker.crawl_session import CrawlSession
from quaero.models.credential import Credential
from quaero.models.document import NewDocument
from quaero.models.errors import FetchError, JobFailure
from quaero.models.job import Job
from quaero.models.outcome import LogLevel, Outcome

SESSIONS_KEPT = 8
PARSERS = min(2, os.cpu_count() or 1)
NOT_COLLECTED = frozenset({"content_type_refused", "redirect_out_of_scope"})


class CrawlerWorker:
    """Executes `crawler_url` jobs: config {"url": a normal URL}."""

    worker_type = CHILD_TYPE

    def __init__(self) -> None:
        self._sessions: OrderedDict[int, CrawlSession] = OrderedDict()
        self._parsers = ParserPool(PARSERS)

    def validate(self, job: Job) -> None:
        if not isinstance(job.config.get("url"), str):
            raise JobFailure("the job has no url", code="invalid_job")

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        session = await self._session(job.parent_id or 0, context.config)
        session.running += 1
        try:
            return await self._crawl(job, context, session)
        finally:
            session.running -= 1
            if not session.running:
                session.seen = {}

    async def close(self) -> None:
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.close()
        await self._parsers.close()
        self._parsers = ParserPool(PARSERS)

    async def _crawl(self, job: Job, context: JobContext, session: CrawlSession) -> Outcome:
        url: str = job.config["url"]
        shown = _credentials(job, await context.credential(), context)
        crawl_delay = None
        if session.config.respect_robots:
            rules = await session.rules_for(url)
            if not rules.allows(url):
                return _disallowed(job, url)
            crawl_delay = rules.crawl_delay
        try:
            response = await session.fetch(url, crawl_delay, shown)
        except FetchError as error:
            return _not_for_us(job, error)
        page = await self._parse(response, session)
        self._spawn(job, context, session, page)
        context.log(_told(response, page, len(context.children)))
        return _outcome(job, context, session, response, page)

    async def _parse(self, response: Response, session: CrawlSession) -> ParsedPage:
        content_type = response.headers.get("content-type", "")
        request = ParseRequest(
            response.body, response.url, content_type, session.scope, session.config.extract
        )
        return await self._parsers.parse(request)

    def _spawn(self, job: Job, context: JobContext, session: CrawlSession, page: ParsedPage) -> None:
        if not session.config.follow_links or job.depth >= session.config.max_depth:
            return
        seen, depth = session.seen, job.depth + 1
        links = [link for link in page.links if seen.get(link, depth + 1) > depth]
        context.children.extend(page_job(link, depth) for link in links)
        context.when_recorded(lambda: seen.update(dict.fromkeys(links, depth)))

    async def _session(self, parent_id: int, config: CrawlConfig) -> CrawlSession:
        session = self._sessions.get(parent_id)
        if session is None:
            self._parsers.warm_up()
            session = self._sessions[parent_id] = CrawlSession.of(config)
            await self._drop_idle_sessions()
        return session

    async def _drop_idle_sessions(self) -> None:
        for parent_id, session in list(self._sessions.items())[:-1]:
            if len(self._sessions) > SESSIONS_KEPT and not session.running:
                del self._sessions[parent_id]
                await session.close()


def _credentials(job: Job, credential: Credential | None, context: JobContext) -> Credentials:
    """What requests show; the log of a start URL says when that is nothing."""
    if credential is None:
        return lambda _: NO_HEADERS
    if job.depth == 0 and not request_headers(credential, job.config["url"], context.now_ms()):
        what = f'asked for without the credentials "{context.definition.auth}": nothing of them is for this URL now'
        context.log(f"{what}; they belong to {', '.join(credential.hosts)}", LogLevel.WARNING)
    return lambda url: request_headers(credential, url, context.now_ms())


def _disallowed(job: Job, url: str) -> Outcome:
    """A page that robots.txt keeps from us is no failure, except where the crawl was told to start there."""
    if job.depth == 0:
        raise FetchError(
            "robots.txt does not allow it", code="robots_disallowed", where=url, remedy="See respect_robots"
        )
    return Outcome(note="not allowed by robots.txt")


def _not_for_us(job: Job, error: FetchError) -> Outcome:
    """A link to what a crawl does not collect is no failure, except where the crawl was told to start there."""
    if job.depth == 0 or error.code not in NOT_COLLECTED:
        raise error
    return Outcome(note=error.what)


def _told(response: Response, page: ParsedPage, followed: int) -> str:
    """A line for the log: what came, how fast, and what it led to."""
    came = f"{response.status} {response.media_type}, {len(response.body)} bytes in {response.elapsed_seconds:.3f} s"
    redirected = f", redirected to {response.url}" if response.redirects else ""
    return f"{came}{redirected}; {page.links_found} links, {followed} of them new"


def _outcome(
    job: Job, context: JobContext, session: CrawlSession, response: Response, page: ParsedPage
) -> Outcome:
    canonical = page.canonical if page.canonical and session.scope.permits(page.canonical) else response.url
    claims = tuple(dict.fromkeys(name for name in (response.url, canonical) if name != job.config["url"]))
    if not page.index:
        return Outcome(claims=claims, note="the page asks not to be indexed")
    return Outcome((_document(job, context, response, page, canonical),), claims)


def _document(
    job: Job, context: JobContext, response: Response, page: ParsedPage, canonical: str
) -> NewDocument:
    return NewDocument(
        source_type="crawler",
        url=response.url,
        canonical_url=canonical,
        title=page.title,
        markdown=page.markdown,
        content_hash=page.content_hash,
        tags=context.definition.tags,
        metadata={
            "description": page.description,
            "language": page.language,
            "crawler": {
                "job_id": str(job.id),
                "depth": job.depth,
                "status": response.status,
                "content_type": response.headers.get("content-type", ""),
                "links_found": page.links_found,
                "redirects": response.redirects,
            },
        },
        source=page.source,
        media_type=response.media_type,
    )
