"""What became of each URL of a run, page by page."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import QueryParams

from quaero.jobs.manager.crawler_manager import CHILD_TYPE, CrawlerManager
from quaero.models.job import OPEN_STATES, JobKind, JobState
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from quaero.views.run_view import RunView
from quaero.views.url_fates import fates_of
from quaero.web.pages.job_list import id_in_cursor

ROWS: Final = 100
SHOWN: Final[Mapping[str, tuple[JobState, ...]]] = {
    "done": (JobState.COMPLETED,),
    "failed": (JobState.FAILED,),
    "open": tuple(sorted(OPEN_STATES)),
    "cancelled": (JobState.CANCELLED,),
}


async def urls_context(store: Store, view: RunView, query: QueryParams) -> dict[str, Any]:
    """`?fate=failed&name=…&cursor=…`: children with what became of them, in the order of their ids.

    Those of crawls; of a run without a crawl all.
    """
    fate, name = query.get("fate", ""), query.get("name", "").replace("\0", "")
    cursor, states = id_in_cursor(query.get("cursor", "")), SHOWN.get(fate)
    crawls = [step.job.id for step in view.steps if step.job.type == CrawlerManager.manager_type]
    wanted = JobFilter(
        root_id=view.job.id,
        parent_id=crawls[0] if len(crawls) == 1 else None,
        type=CHILD_TYPE if crawls else None,
        kind=JobKind.CHILD,
        states=states,
        name_part=name or None,
    )
    if wanted.parent_id is not None and not name:  # the same, but quick however many there are
        found = await store.children(wanted.parent_id, states=states, after=cursor or 0, limit=ROWS)
        items, total, next_cursor = found.items, found.total, found.next_cursor
    else:
        page = await store.jobs(wanted, limit=ROWS, cursor=cursor, oldest_first=True)
        items, total, next_cursor = page.items, page.total, page.next_cursor
    return {
        "fates": await fates_of(store, view.job.id, items),
        "total": total,
        "next_cursor": next_cursor,
        "fate": fate if fate in SHOWN else "",
        "fate_names": list(SHOWN),
        "name": name,
        "source_id": wanted.parent_id or view.job.id,
    }
