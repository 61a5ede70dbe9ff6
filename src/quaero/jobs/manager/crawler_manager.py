"""The crawl step: one child per start URL; the workers find the rest."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from quaero.crawler.addresses import PrivateHosts
from quaero.crawler.scope import ScopeRules
from quaero.crawler.urls import host_key, normalise
from quaero.jobs.config_types import Milliseconds, Pattern, config_problem
from quaero.jobs.manager import PlanContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, StepLimits

CHILD_TYPE = "crawler_url"

DEFAULT_USER_AGENT = "Quaero/0.1 (a crawler for personal collections; keeps to robots.txt)"


def _url(value: str) -> str:
    normal = normalise(value)
    if normal is None:
        raise config_problem(
            f"{value!r} is no http or https URL", example='start_urls = ["https://docs.example.org/"]'
        )
    return normal


def _private_host(value: str) -> str:
    try:
        PrivateHosts.parse(frozenset({value}))
    except ValueError as error:
        raise config_problem(str(error), example='allow_private = ["wiki.intranet:8443"]') from error
    return value


Url = Annotated[str, AfterValidator(_url)]
PrivateHost = Annotated[str, AfterValidator(_private_host)]


class CrawlConfig(BaseModel):
    """The config of a crawl step. A start URL has depth 0; `max_pages` counts stored documents.

    `allowed_hosts` default to the hosts of the start URLs. `rate_limit` is the least pause between two requests
    to one host; at "0s" a crawl goes as fast as the host answers well. `max_body` is in bytes, after decoding.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    start_urls: Annotated[list[Url], Field(min_length=1, examples=[["https://docs.example.org/"]])]
    max_depth: Annotated[int, Field(ge=0, examples=[2])] = 2
    max_pages: Annotated[int, Field(ge=1, examples=[100])] = 100
    follow_links: bool = True
    include_patterns: list[Pattern] = []
    exclude_patterns: list[Pattern] = []
    allowed_hosts: list[str] = []
    concurrency: Annotated[int, Field(ge=1, le=64, examples=[8])] = 8
    rate_limit: Milliseconds = 0
    respect_robots: bool = True
    extract: Literal["main", "full"] = "main"
    max_body: Annotated[int, Field(ge=1_000, le=1_000_000_000, examples=[10_000_000])] = 10_000_000
    user_agent: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")] = (
        DEFAULT_USER_AGENT
    )
    allow_private: list[PrivateHost] = []

    def scope(self) -> ScopeRules:
        """Which links belong to the crawl."""
        hosts = self.allowed_hosts or list(dict.fromkeys(host_key(url) for url in self.start_urls))
        return ScopeRules(tuple(hosts), tuple(self.include_patterns), tuple(self.exclude_patterns))


class CrawlerManager:
    """Plans a crawl: its start URLs, each once."""

    manager_type = "crawl"
    config_model = CrawlConfig

    def limits(self, config: CrawlConfig) -> StepLimits:
        return StepLimits(concurrency=config.concurrency, max_documents=config.max_pages)

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        for url in config.start_urls:
            yield page_job(url, depth=0)


def page_job(url: str, depth: int) -> ChildJob:
    """The child job that fetches the normal URL. Pages near the start go first."""
    return ChildJob(
        CHILD_TYPE, url, {"url": url}, dedupe_key=url, priority=depth, nearest=True, host=host_key(url)
    )
