"""Trees of jobs built with the store alone, without a processor: every move is the test's own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from quaero.models.definition import JobDefinition
from quaero.models.document import NewDocument, content_hash
from quaero.models.job import ChildJob, Job, JobKind, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from quaero.store.transaction import Change, Transaction
from tests.kit import script_definition, script_step

LEASE_MS = 60_000
UNLIMITED = StepLimits()


def page(name: str) -> ChildJob:
    """A child that is known by its name."""
    return ChildJob("scripted", name, {}, name)


def pages(*names: str) -> list[ChildJob]:
    return [page(name) for name in names]


def document(name: str, text: str = "text") -> NewDocument:
    url = f"https://example.org/{name}"
    return NewDocument("test", url, url, name, text, content_hash(name, text))


def settlement(
    job: Job, end: End = End.COMPLETED, *, stores: str = "", spawns: Sequence[str] = ()
) -> Settlement:
    """The end of the job's execution, perhaps with a document of that name and children of those names."""
    return Settlement(
        job.id,
        job.lease_number,
        end,
        documents=(document(stores),) if stores else (),
        children=tuple(pages(*spawns)),
        error_code="bad" if end is End.FAILED else None,
    )


async def launch(store: Store, definition: JobDefinition | None = None) -> tuple[int, Job]:
    """A run and its first parent job, claimed."""
    run_id = await store.launch(definition or script_definition(script_step()))
    [parent] = await claim(store, "script")
    return run_id, parent


async def plan(
    store: Store, parent: Job, *names: str, last: bool = True, limits: StepLimits = UNLIMITED
) -> None:
    """Plan pages of these names."""
    await store.begin_plan(parent, limits)
    await store.add_planned(parent, pages(*names), last=last)


async def claim(store: Store, job_type: str = "scripted", limit: int = 100) -> tuple[Job, ...]:
    return (await store.claim([job_type], limit, LEASE_MS)).jobs


async def children(store: Store, run_id: int) -> dict[str, str]:
    """The states of all child jobs of a run, by name."""
    found = await store.jobs(JobFilter(root_id=run_id, kind=JobKind.CHILD), limit=1_000, oldest_first=True)
    return {job.name: str(job.state) for job in found.items}


async def state(store: Store, job_id: int) -> str:
    return str((await store.job(job_id)).state)


async def step_states(store: Store, run_id: int) -> dict[str, str]:
    """The states of all parent jobs of a run, by name, in their order."""
    found = await store.jobs(JobFilter(root_id=run_id, kind=JobKind.PARENT), limit=1_000, oldest_first=True)
    return {job.name: str(job.state) for job in found.items}


async def announced(store: Store) -> None:
    """Until what was committed before has been announced to the listeners."""
    await store.backend.write(_nothing)


@asynccontextmanager
async def listening(store: Store) -> AsyncIterator[list[Change]]:
    """What listeners are told of what is done inside; whole at the end."""
    await announced(store)
    changes: list[Change] = []
    forget = store.on_change(changes.append)
    yield changes
    await announced(store)
    forget()


def _nothing(tx: Transaction) -> None:
    pass


async def work_off(store: Store) -> int:
    """Claim, plan without children and complete whatever is ready, until nothing is; how many jobs those were."""
    done = 0
    while jobs := (await store.claim(["script", "scripted"], 100, LEASE_MS)).jobs:
        for job in jobs:
            if job.kind is JobKind.PARENT:
                await plan(store, job)
        await store.settle([settlement(job) for job in jobs if job.kind is JobKind.CHILD])
        await store.fold()
        done += len(jobs)
    return done
