"""What the pages of one crawl share while they are fetched in this process."""

from dataclasses import dataclass, field

from quaero.crawler.fetch import Credentials, Fetcher
from quaero.crawler.politeness import HostGates
from quaero.crawler.response import FetchLimits, Response
from quaero.crawler.robots import RobotsCache, RobotsRules
from quaero.crawler.scope import ScopeRules
from quaero.jobs.manager.crawler_manager import CrawlConfig
from quaero.models.errors import FetchError


@dataclass(slots=True)
class CrawlSession:
    """Connections, robots rules, host gates, and the links that the store already knows.

    `running` counts the jobs in it. `seen` holds the depth at which a link was last found; it is only right while
    jobs run: when none does, the step may have ended and been reopened since.
    """

    fetcher: Fetcher
    robots: RobotsCache
    gates: HostGates
    scope: ScopeRules
    config: CrawlConfig
    running: int = 0
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, config: CrawlConfig) -> "CrawlSession":
        fetcher = Fetcher(
            user_agent=config.user_agent,
            allow_private=frozenset(config.allow_private),
            limits=FetchLimits(body_bytes=config.max_body),
        )
        gates = HostGates(at_once=config.concurrency, rate_limit=config.rate_limit / 1000)
        return cls(fetcher, RobotsCache(fetcher, config.user_agent), gates, config.scope(), config)

    async def rules_for(self, url: str) -> RobotsRules:
        """The robots rules of the URL's site; its failure to answer is raised."""
        rules = self.robots.known(url) or await self.robots.rules_for(url)
        if rules.failure is not None:
            raise rules.failure
        return rules

    async def fetch(self, url: str, crawl_delay: float | None, credentials: Credentials) -> Response:
        """Fetch a page in its host's turn, and let the gate learn from how that went.

        For `credentials` see `Fetcher`.
        """
        async with self.gates.turn(url, crawl_delay=crawl_delay):
            try:
                response = await self.fetcher.fetch(
                    url, may_follow=self.scope.permits, credentials=credentials
                )
            except FetchError as error:
                self._observe(url, error)
                raise
            self.gates.observe(url, response.status, response.elapsed_seconds)
            return response

    def _observe(self, url: str, error: FetchError) -> None:
        if error.code == "timeout":
            self.gates.observe(url, None, 0.0)
        elif error.code.startswith("http_"):
            self.gates.observe(url, int(error.code.removeprefix("http_")), 0.0, error.retry_after)

    async def close(self) -> None:
        await self.fetcher.close()
