"""What an interrupted planning has stored already, for managers whose choice may have changed since."""

from collections.abc import AsyncIterator

from quaero.jobs.manager import PlanContext
from quaero.models.job import ChildJob
from quaero.store.reads import JobFilter

PAGE = 1_000


async def stored_children(context: PlanContext, parent_job_id: int) -> AsyncIterator[ChildJob]:
    """The children that were planned for the parent job, in their order; not those that others of them spawned."""
    cursor: int | None = None
    while True:
        page = await context.control.store.jobs(
            JobFilter(parent_id=parent_job_id), limit=PAGE, cursor=cursor, oldest_first=True
        )
        for job in page.items:
            if job.discovered_by is None:
                yield ChildJob(job.type, job.name, job.config)
        cursor = page.next_cursor
        if cursor is None:
            return
