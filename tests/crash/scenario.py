"""Small trees of work with a known end, a driver that executes them with the store alone, and the judgement after it.

The driver does what a processor and an orchestrator do, step by step, without their loops: so the same work can be
crashed at every statement, killed, stopped, and run by several processes at once.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from quaero.models.definition import ErrorTolerance, JobDefinition
from quaero.models.errors import ConflictError, LeaseLostError
from quaero.models.event import JobStatusChange
from quaero.models.job import Job, JobKind, JobState, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.store.store import Store
from tests.kit import script_definition, script_step
from tests.store.tree import document, pages

TYPES = ("script", "scripted")
MAX_LOST_LEASES = 1_000
ALL = 10_000
IDLE_ROUNDS = 3
MOST_CLAIMS = 200
IDLE_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Page:
    """What one child does: the children that it finds, how often it fails first, whether it fails for good."""

    links: str = ""
    fails: int = 0
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """A definition, the chunks in which each step is planned, what the pages do, and how the run must end.

    Children are single letters. `cancel_on`: the run is cancelled by whoever has claimed this child. `names`: the
    children that must exist in the end with their states; None where that is up to chance.
    `last_failure`: after the failure of this child none may start.
    """

    definition: JobDefinition
    plans: Mapping[str, Sequence[str]]
    pages: Mapping[str, Page]
    run_ends: JobState = JobState.COMPLETED
    names: Mapping[str, str] | None = None
    cancel_on: str = ""
    last_failure: str = ""


PAGES = {
    "a": Page("de"),
    "b": Page("ef"),
    "c": Page(fails=1),
    "d": Page(broken=True),
    "e": Page("a"),
}

CRAWL = Scenario(
    script_definition(script_step("pages"), script_step("after")),
    {"pages": ("a", "bc"), "after": ("x",)},
    PAGES,
    names={**dict.fromkeys("abcefx", "completed"), "d": "failed"},
)
"""Two pages find the same third one, one leads back, one fails once and one for good; the plan comes in two chunks."""

CANCEL = Scenario(
    script_definition(script_step("pages"), script_step("after")),
    {"pages": ("abc",), "after": ("x",)},
    PAGES,
    run_ends=JobState.CANCELLED,
    cancel_on="b",
)

TOLERANCE = Scenario(
    script_definition(
        script_step("pages"), error_tolerance=ErrorTolerance(max_child_failures=1, failure_action="stop_all")
    ),
    {"pages": ("abcghi",)},
    {"a": Page(broken=True)},
    run_ends=JobState.FAILED,
    last_failure="a",
)

SCENARIOS = {"crawl": CRAWL, "cancel": CANCEL, "tolerance": TOLERANCE}


class Hang(Exception):
    """Nothing can be done any more, and the run has not ended."""


async def run_id_of(store: Store, scenario: Scenario) -> int:
    """The one run of the scenario, launched if that has not been done yet."""
    return await store.launch(scenario.definition, key="the run")


async def nothing() -> None:
    """What happens between a claim and its settlement, by default."""


@dataclass(slots=True)
class Driver:
    """Executes the scenario's run over one store, round by round, claiming `batch` jobs at once.

    `patience`: seconds without anything to do after which the run counts as hanging; 0: a few rounds, which is enough
    where nobody else works on it. `work`: awaited before each settlement.
    """

    store: Store
    scenario: Scenario
    lease_ms: int = 60_000
    batch: int = 2
    patience: float = 0.0
    work: Callable[[], Awaitable[None]] = nothing

    async def to_the_end(self) -> None:
        """Execute until the run has ended; `Hang` if it does not."""
        run_id = await run_id_of(self.store, self.scenario)
        claims, rounds, since = 0, 0, time.monotonic()
        while not (await self.store.job(run_id)).state.final:
            claimed = await self.round()
            claims += claimed
            if claims > MOST_CLAIMS:
                raise Hang(f"run {run_id} goes on for ever")
            if claimed:
                rounds, since = 0, time.monotonic()
            elif (rounds := rounds + 1) > IDLE_ROUNDS and time.monotonic() - since > self.patience:
                raise Hang(f"run {run_id} does not end")
            elif self.patience:
                await asyncio.sleep(IDLE_SECONDS)

    async def round(self) -> int:
        """What an orchestrator and a processor do once; how many jobs were claimed."""
        await self.store.rescue(MAX_LOST_LEASES)
        await self.store.fold()
        claimed = list((await self.store.claim(TYPES, self.batch, self.lease_ms)).jobs)
        for job in claimed:
            if job.kind is JobKind.PARENT:
                claimed += await self._plan(job)
        children = [job for job in claimed if job.kind is JobKind.CHILD]
        if self.scenario.cancel_on in {job.name for job in children}:
            with contextlib.suppress(ConflictError):  # another process was faster
                await self.store.cancel(children[0].root_id)
        for job in children:
            await self.work()
            await self.store.settle([settlement_of(self.scenario, job)])
        return len(claimed)

    async def _plan(self, parent: Job) -> Sequence[Job]:
        """Plan chunk by chunk; between two of them the children of the first are executed, as with real loops.

        What was claimed with the last one.
        """
        chunks = self.scenario.plans[parent.name]
        with contextlib.suppress(LeaseLostError):  # whoever has it now goes on
            stored = await self.store.begin_plan(parent, StepLimits())
            for number, chunk in enumerate(chunks):
                new, stored = chunk[stored:], max(0, stored - len(chunk))
                last = number == len(chunks) - 1
                if last:
                    parked = self.store.park_claim(TYPES, self.batch, self.lease_ms)
                    return (
                        await self.store.plan_and_claim(parent, pages(*new), last=True, parked=parked)
                    ).jobs
                if new:
                    await self.store.add_planned(parent, pages(*new), last=False)
                await self.round()
                await self.store.fold()
        return ()


def settlement_of(scenario: Scenario, job: Job) -> Settlement:
    """How the execution of a child ends."""
    does = scenario.pages.get(job.name, Page())
    if does.broken:
        return Settlement(job.id, job.lease_number, End.FAILED, error_code="broken", error="broken")
    if job.attempt - job.lost_leases <= does.fails:
        return Settlement(job.id, job.lease_number, End.RETRY, error_code="not_yet", error="not yet")
    return Settlement(
        job.id,
        job.lease_number,
        End.COMPLETED,
        documents=(document(job.name),),
        children=tuple(pages(*does.links)),
    )


async def violations(store: Store, scenario: Scenario) -> list[str]:
    """Everything that is wrong once the run should have ended; empty if all is well."""
    found = [f"{finding.invariant}: {finding.text}" for finding in await store.check()]
    run_id = await run_id_of(store, scenario)
    run = await store.job(run_id)
    if run.state is not scenario.run_ends:
        found.append(f"the run is {run.state}, not {scenario.run_ends}")
    jobs = (await store.jobs(JobFilter(kind=JobKind.CHILD), limit=ALL, oldest_first=False)).items
    found += _doubled(jobs) + _wrong_ends(jobs, scenario)
    found += await _wrong_documents(store, jobs)
    if scenario.last_failure:
        found += await _started_too_late(store, run_id, scenario.last_failure)
    return found


def _doubled(jobs: Sequence[Job]) -> list[str]:
    counted = Counter(job.name for job in jobs)
    return [f"{name} is there {count} times" for name, count in counted.items() if count > 1]


def _wrong_ends(jobs: Sequence[Job], scenario: Scenario) -> list[str]:
    states = {job.name: str(job.state) for job in jobs}
    if scenario.names is not None and states != scenario.names:
        wrong = sorted(dict(states.items() ^ scenario.names.items()))
        return [f"wrong final set at {', '.join(wrong)}"]
    return [f"{name} is {state}" for name, state in states.items() if not JobState(state).final]


async def _wrong_documents(store: Store, jobs: Sequence[Job]) -> list[str]:
    """Each completed child has stored its one document, and no other has."""
    stored = {found.title for found in (await store.documents(DocumentFilter(), limit=ALL)).items}
    done = {job.name for job in jobs if job.state is JobState.COMPLETED}
    return [f"document and end of {name} do not fit" for name in sorted(stored ^ done)]


async def _started_too_late(store: Store, run_id: int, last_failure: str) -> list[str]:
    """Children that started after the failure that was one too many."""
    names = {job.id: job.name for job in (await store.jobs(JobFilter(root_id=run_id), limit=ALL)).items}
    crossed, late = False, []
    for event in await store.events(run_id, limit=ALL):
        if event.type != JobStatusChange.type or event.job_id not in names:
            continue
        after = event.data["after"]
        if crossed and after == "running":
            late.append(f"{names[event.job_id]} started after the tolerance was crossed")
        crossed = crossed or (names[event.job_id] == last_failure and after == "failed")
    return late
