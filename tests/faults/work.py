"""A run with children, documents, spawned children, failures and a limit, and its one possible end."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from quaero.jobs.engine import Engine
from quaero.jobs.worker import JobContext
from quaero.models.job import Job
from quaero.models.outcome import LogLevel, Outcome
from quaero.settings import QueueSettings
from quaero.testing import open_test_engine
from tests.crash.judgement import Expected
from tests.crash.worker_process import EFFECT
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step

PAGES = 12
LEAVES = [{"name": f"leaf {n}", "key": f"leaf {n}", "document": "text"} for n in range(PAGES)]
PAGE = [
    {"name": f"page {n}", "document": "text", "fails": int(n % 5 == 1), "spawn": LEAVES[n : n + 3]}
    for n in range(PAGES)
]
SOME = [{"name": f"one {n}", "key": f"one {n}", "document": "text"} for n in range(PAGES)]
TREE = script_definition(
    script_step("pages", children=[*PAGE, {"name": "gone", "breaks": "http_404"}]),
    script_step("limited", children=SOME, max_documents=5),
    script_step("after", count=PAGES),
)


def _completed(prefix: str) -> dict[str, str]:
    return {f"{prefix} {n}": "completed" for n in range(PAGES)}


TREE_ENDS = Expected(
    children={
        "pages": {**_completed("page"), **_completed("leaf"), "gone": "failed"},
        "limited": _completed("one"),
        "after": _completed("child"),
    },
    documents={"limited": 5},
)


class NotingWorker(ScriptWorker):
    """What an execution leaves behind tells which one it was."""

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        context.log(f"{EFFECT} {job.attempt} in process {os.getpid()}", LogLevel.INFO)
        return await super().execute(job, context)


QUEUE = QueueSettings(concurrency=4, lease_ms=5_000, heartbeat_ms=1_000)
"""The shortest lease that people can set: what a fault leaves behind is taken back soon."""


@asynccontextmanager
async def engine_at(url: str, queue: QueueSettings = QUEUE) -> AsyncIterator[Engine]:
    """An engine over the database at the URL, with the work of this module."""
    async with open_test_engine(url, [ScriptManager()], [NotingWorker()], queue=queue) as engine:
        yield engine
