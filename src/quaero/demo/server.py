"""The bundled demo site on the loopback address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

from quaero.demo.answer import NOT_FOUND, Answer
from quaero.demo.link_closure import link_closure
from quaero.demo.loopback import Answering, loopback_server
from quaero.demo.pages import Plan, site_answers

MAX_DEPTH = 3
"""Hops from the start page to the farthest one: a crawl needs this `max_depth` to find all."""


@dataclass(frozen=True, slots=True)
class DemoSite:
    """The site while it is served.

    `url` is its start page; `requests` grows by the target (path and query, as sent) of each request.
    """

    url: str
    requests: list[str] = field(default_factory=list)


@asynccontextmanager
async def demo_site() -> AsyncIterator[DemoSite]:
    """Serve the demo site on a free port of 127.0.0.1 until the block ends."""
    answer = _answering()
    requests: list[str] = []

    def recorded(target: str) -> Answer:
        requests.append(target)
        return answer(target)

    async with loopback_server(recorded) as origin:
        yield DemoSite(origin + "/", requests)


def expected_pages(max_depth: int = MAX_DEPTH) -> frozenset[str]:
    """The targets (path, and query if any) that a right crawl stores, one document each.

    Where a page names a canonical address it is that one. Computed from the files of the site, not by a
    crawl. `max_depth` is in hops from the start page.
    """
    return link_closure("/", _answering(), max_depth)


def _answering() -> Answering:
    answers = site_answers(Plan.read())
    return lambda target: answers.get(unquote(target.partition("?")[0]), NOT_FOUND)
