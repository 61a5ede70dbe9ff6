"""The end of a job's log, with that of everything below it, filtered by the address of the page."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import QueryParams

from quaero.models.job import Job
from quaero.models.outcome import LogLevel
from quaero.store.store import Store

LINES: Final = 200
AT_LEAST: Final[Mapping[str, tuple[LogLevel, ...]]] = {
    "info": (LogLevel.INFO, LogLevel.WARNING, LogLevel.ERROR),
    "warning": (LogLevel.WARNING, LogLevel.ERROR),
    "error": (LogLevel.ERROR,),
}
"""The levels that are shown when a person asks for this one and what is worse."""


async def log_context(store: Store, job: Job, query: QueryParams) -> dict[str, Any]:
    """`?level=warning&text=…`: the last lines of that kind, oldest first."""
    wanted = query.get("level", "")
    levels, text = AT_LEAST.get(wanted), query.get("text", "").replace("\0", "")
    lines = await store.log(job.id, levels=levels, contains=text, limit=LINES, newest=True)
    return {
        "lines": lines,
        "level": wanted if levels else "",
        "levels": [str(each) for each in levels or ()],
        "text": text,
        "most_lines": LINES,
    }
