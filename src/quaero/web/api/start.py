"""Requests that start runs: of a definition, of what a run was launched with, of a quick crawl, of a bulk operation."""

from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator
from starlette.responses import Response

from quaero.jobs.bulk import Bulk, launch_bulk, preview_bulk
from quaero.jobs.definitions.quick_crawl import CrawlOptions, InvalidOptions, option_of, quick_crawl
from quaero.jobs.definitions.reader import InvalidDefinition
from quaero.models.bulk import Operation
from quaero.models.definition import Complaint
from quaero.models.duration import parse_duration
from quaero.models.errors import UsageError
from quaero.store.reads import JobFilter
from quaero.store.transitions.launch import LARGEST_PRIORITY, LONGEST_KEY
from quaero.views.job_query import LONGEST, parse_job_query
from quaero.views.job_shapes import PreviewShape, preview_json
from quaero.views.moments import coming, now_ms
from quaero.web.api.definitions import DefinitionId
from quaero.web.api.job_parameters import FILTER_MEANING, JobId
from quaero.web.once import STARTED, StartedShape, StartsOnce
from quaero.web.replies import Reply
from quaero.web.state import Web, WebState

router = APIRouter()

MOST_URLS: Final = 1_000
Text = Annotated[str, Field(max_length=2_000)]
Priority = Annotated[int, Field(ge=-LARGEST_PRIORITY, le=LARGEST_PRIORITY)]


class LaunchWish(BaseModel, extra="forbid"):
    """When to run, how urgently, and under which name. All may be left out."""

    key: str | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_KEY,
        description="A second call with it gives the run of the first.",
    )
    priority: Priority = Field(0, description="Runs of smaller numbers go first.")
    at: str | None = Field(
        None, max_length=60, description="Start it then.", examples=["2030-01-31T03:00:00Z"]
    )
    delay: str | None = Field(None, max_length=60, description="Start it so much later.", examples=["10m"])

    @model_validator(mode="after")
    def _one_time(self) -> "LaunchWish":
        if self.at is not None and self.delay is not None:
            raise ValueError("at and delay do not go together")
        return self

    @property
    def run_at(self) -> int:
        if self.at is not None:
            return coming(self.at)
        return 0 if self.delay is None else now_ms() + parse_duration(self.delay)


class CrawlWish(BaseModel, extra="forbid"):
    """A quick crawl within the hosts of its URLs."""

    urls: list[Text] = Field(min_length=1, max_length=MOST_URLS, examples=[["https://docs.example.org/"]])
    max_pages: int = Field(100, ge=1, le=2**31 - 1, description="Documents to store.")
    max_depth: int = Field(2, ge=0, le=2**31 - 1, description="Links from a URL given.")
    include: list[Text] = Field([], max_length=100, description="Only URLs that match one of these.")
    exclude: list[Text] = Field([], max_length=100, description="No URLs that match one of these.")
    concurrency: int | None = Field(None, ge=1, le=64, description="Pages fetched at once.")
    tags: list[Text] = Field([], max_length=100, description="Put on every document.")
    timeout: str | None = Field(None, max_length=60, description="Of the whole run.", examples=["30m"])
    auth: Text | None = Field(None, description="The name of stored credentials to show.")
    ignore_robots: bool = Field(False, description="Do not ask robots.txt.")

    def options(self, user_agent: str | None) -> CrawlOptions:
        return CrawlOptions(
            tuple(self.urls),
            self.max_pages,
            self.max_depth,
            tuple(self.include),
            tuple(self.exclude),
            self.concurrency,
            tuple(self.tags),
            None if self.timeout is None else parse_duration(self.timeout) or None,
            self.ignore_robots,
            user_agent,
            self.auth,
        )


class BulkPreview(BaseModel, extra="forbid"):
    """What would be done to which jobs."""

    operation: Operation
    filter: str = Field(max_length=LONGEST, description=FILTER_MEANING)
    all: bool = Field(False, description="Without any filter; then that is empty.")
    priority: Priority | None = Field(None, description="Of the operation priority.")
    documents: bool = Field(False, description="Of the operation delete: the documents of the runs, too.")

    def bulk(self) -> Bulk:
        """`UsageError` where it makes no sense."""
        wanted = parse_job_query(self.filter)
        if (wanted == JobFilter()) is not self.all:
            what = "all does not go with a filter" if self.all else "an empty filter means all jobs"
            remedy = "Leave one of them out" if self.all else "Say which jobs, or add all: true"
            raise UsageError(what, where="filter", remedy=remedy)
        what_to_do = Bulk(
            operation=self.operation, wanted=wanted, priority=self.priority, documents=self.documents
        )
        what_to_do.check()
        return what_to_do


class BulkOrder(BulkPreview):
    """What is to be done to which jobs, if exactly so many match."""

    expect: int = Field(ge=0, le=2**31 - 1, description="How many jobs match: `total` of the preview.")


@router.post(
    "/job-definitions/{definition_id}/execute",
    response_model=StartedShape,
    status_code=202,
    responses=STARTED,
    tags=["job-definitions"],
)
async def execute_definition(
    definition_id: DefinitionId, web: WebState, once: StartsOnce, wish: LaunchWish | None = None
) -> Response:
    """Start a run of a definition. A conflict while its last run is open, unless it allows overlap."""
    wish = wish or LaunchWish.model_validate({})
    control = web.engine.control

    async def launch(key: str | None, request: str | None) -> int:
        if key is not None and wish.key is not None:
            raise UsageError("two keys", where="key", remedy="Leave out key, or the header Idempotency-Key")
        return await control.launch(
            (await control.definition(definition_id)).definition,
            key=key or wish.key,
            request=request,
            run_at=wish.run_at,
            priority=wish.priority,
        )

    return await once.start(launch)


@router.post(
    "/jobs/{job_id}/rerun", response_model=StartedShape, status_code=202, responses=STARTED, tags=["jobs"]
)
async def rerun_job(job_id: JobId, web: WebState, once: StartsOnce) -> Response:
    """Start a new run of the definition that a run was launched with, as it was then."""
    return await once.start(lambda key, request: web.engine.control.rerun(job_id, key=key, request=request))


@router.post(
    "/crawl", response_model=StartedShape, status_code=202, responses=STARTED, tags=["job-definitions"]
)
async def start_crawl(wish: CrawlWish, web: WebState, once: StartsOnce) -> Response:
    """Crawl a site. The same URLs and options are the same definition: its next run fetches what has changed."""

    async def launch(key: str | None, request: str | None) -> int:
        return await _crawl(web, wish, key, request)

    return await once.start(launch)


@router.post("/jobs/bulk/preview", response_model=PreviewShape, tags=["jobs"])
async def preview_bulk_operation(wish: BulkPreview, web: WebState) -> Response:
    """How many jobs match now, and the first ten of them. Nothing is changed."""
    found = await preview_bulk(web.engine.control, wish.bulk())
    return Reply(preview_json(wish.operation, found))


@router.post("/jobs/bulk", response_model=StartedShape, status_code=202, responses=STARTED, tags=["jobs"])
async def start_bulk_operation(wish: BulkOrder, web: WebState, once: StartsOnce) -> Response:
    """Do one thing to all jobs that match, each on its own, as a run. A conflict where others match than expected."""
    control, what = web.engine.control, wish.bulk()
    return await once.start(
        lambda key, request: launch_bulk(control, what, expect=wish.expect, key=key, request=request)
    )


async def _crawl(web: Web, wish: CrawlWish, key: str | None, request: str | None) -> int:
    control = web.engine.control
    options = wish.options(web.settings.crawler.user_agent or None)
    try:
        new = await quick_crawl(control, options)
    except InvalidDefinition as error:
        raise InvalidOptions(tuple(map(_as_key, error.complaints))) from error
    await control.keep(new)
    return await control.launch(new.definition, key=key, request=request)


_KEYS: Final = {"start_urls": "urls", "include_patterns": "include", "exclude_patterns": "exclude"}


def _as_key(complaint: Complaint) -> Complaint:
    """The complaint about a key of the definition as one about the key of the request that it comes from."""
    key = option_of(complaint)
    return Complaint("body", None, _KEYS.get(key, key), complaint.message)
