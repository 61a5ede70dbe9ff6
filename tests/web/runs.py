"""Runs for the tests of the pages of jobs."""

from typing import Any

from quaero.models.job import Job, JobKind
from quaero.store.reads import JobFilter
from tests.kit import script_definition, script_step
from tests.web.serving import Served


def launch(served: Served, *steps: dict[str, Any], **keys: Any) -> int:
    """Launch a run of steps with these configs; its id."""
    definition = script_definition(
        *(script_step(f"step {number}", **config) for number, config in enumerate(steps, 1)), **keys
    )
    return served.call(lambda engine: engine.control.launch(definition))


def ended(served: Served, run_id: int) -> Job:
    """The run when it has ended."""

    async def follow(engine: Any) -> Job:
        async for _ in engine.hub.follow(run_id, 0):
            pass
        return await engine.store.job(run_id)  # type: ignore[no-any-return]

    return served.call(follow)


def started(served: Served, name: str) -> None:
    """Return when a job of this name is being executed."""
    served.call(lambda _: served.worker.start_of(name).wait())


def release(served: Served, name: str) -> None:
    served.loop.call_soon_threadsafe(served.worker.release, name)


def steps_of(served: Served, run_id: int) -> list[Job]:
    wanted = JobFilter(parent_id=run_id, kind=JobKind.PARENT)
    return list(served.call(lambda engine: engine.store.jobs(wanted, oldest_first=True)).items)


def children_of(served: Served, run_id: int) -> dict[str, Job]:
    """The child jobs of a run, by name."""
    wanted = JobFilter(root_id=run_id, kind=JobKind.CHILD)
    page = served.call(lambda engine: engine.store.jobs(wanted, limit=1_000, oldest_first=True))
    return {job.name: job for job in page.items}
