"""Stories that can be told again from wherever they broke off: each looks at the store and does what is missing.

They use the store alone, so that every statement is known and the same one is reached in every telling. `Telling`
does the part of a processor and an orchestrator.
"""

import contextlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from quaero.jobs.scheduler import Scheduler
from quaero.models.definition import ErrorTolerance, JobDefinition
from quaero.models.job import ChildJob, Job, JobKind, JobState, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.store.reads import DocumentFilter, JobFilter, StoredDefinition
from quaero.store.store import Store
from quaero.store.transitions.definitions import NewDefinition
from quaero.store.transitions.duties import ORCHESTRATOR
from quaero.store.transitions.launch import Launch
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.store.tree import document, pages

TYPES = ("script", "scripted")
LEASE_MS = 60_000
NO_LIMIT = 10_000
MOST_ROUNDS = 40
MINUTE_MS = 60_000

Fates = Mapping[str, Literal["fails", "fails once", "hangs"]]
"""What becomes of children, by their names. The others are completed, each with a document; "a" finds "z"."""


@dataclass(slots=True)
class Telling:
    """One process that tells a story."""

    store: Store
    clock: SettableClock

    async def runs(self) -> list[Job]:
        """All runs, the oldest first."""
        return list(reversed((await self.store.jobs(JobFilter(kind=JobKind.RUN), limit=100)).items))

    async def work(
        self, plans: Mapping[str, str], fates: Fates | None = None, *, on_duty: bool = False
    ) -> None:
        """Execute what is ready until nothing is; `plans`: by step, its children as single letters."""
        for _ in range(MOST_ROUNDS):
            await self.store.rescue(NO_LIMIT)
            await self.store.fail_overdue()
            await self.store.fold(on_duty=on_duty)
            jobs = (await self.store.claim(TYPES, 2, LEASE_MS)).jobs
            if not jobs:
                return
            for job in jobs:
                if job.kind is JobKind.PARENT:
                    await self._plan(job, plans.get(job.name, ""))
                else:
                    await self._execute(job, fates or {})
        raise AssertionError("there is work without end")

    async def _plan(self, parent: Job, names: str) -> None:
        stored = await self.store.begin_plan(parent, StepLimits())
        await self.store.add_planned(parent, [_child(name) for name in names[stored:]], last=True)

    async def _execute(self, job: Job, fates: Fates) -> None:
        fate = fates.get(job.name)
        if fate == "hangs":
            return
        fails = fate == "fails" or (fate == "fails once" and not await self.was(job, JobState.FAILED))
        settlement = Settlement(
            job.id,
            job.lease_number,
            End.FAILED if fails else End.COMPLETED,
            documents=() if fails else (document(job.name),),
            children=tuple(pages("z")) if job.name == "a" and not fails else (),
            error_code="broken" if fails else None,
        )
        await self.store.settle([settlement])

    async def was(self, job: Job, state: JobState) -> bool:
        """Whether a job of the run was ever in that state."""
        events = await self.store.events(job.root_id)
        return any(event.job_id == job.id and event.data.get("after") == state for event in events)


def _child(name: str) -> ChildJob:
    return ChildJob("scripted", name, {}, name, host="a.org" if name in "ab" else None)


Story = Callable[[Telling], Awaitable[None]]

ONE = script_definition(script_step("one"), id="one")
TWO = script_definition(script_step("one"), script_step("two"), id="two")
PLANS = {"one": "abc", "two": "xy"}


async def launch_tree(told: Telling) -> None:
    """A run that waits for two others, and one behind it."""
    pre = script_definition(script_step("one"), id="pre")
    last = script_definition(script_step("last"), id="last")
    await told.store.launch(Launch(TWO, before=(Launch(pre), Launch(ONE)), after=(Launch(last),)), key="it")
    await told.work(PLANS)


async def failed_pre_run(told: Telling) -> None:
    """A run whose pre-run fails is cancelled, and those behind it; then it is tried again."""
    pre = script_definition(script_step("bad"), id="pre")
    main = await told.store.launch(Launch(ONE, before=(Launch(pre),), after=(Launch(TWO),)), key="it")
    await told.work({**PLANS, "bad": "f"}, {"f": "fails"})
    if (await told.store.job(main)).state is JobState.CANCELLED:
        await told.store.retry(main)
    await told.work(PLANS)


async def pause_and_resume(told: Telling) -> None:
    """A run is paused when its first step has children, and a child alone; both go on later."""
    run_id = await told.store.launch(TWO, key="it")
    run = await told.store.job(run_id)
    if not await told.was(run, JobState.PAUSED):
        [step] = (await told.store.claim(["script"], 1, LEASE_MS)).jobs or [None]
        if step is not None:
            await told._plan(step, "abc")
        await told.store.pause(run_id)
    run = await told.store.job(run_id)
    if run.state is JobState.PAUSED:
        children = (await told.store.jobs(JobFilter(root_id=run_id, kind=JobKind.CHILD))).items
        for child in children:
            if child.name == "c" and not await told.was(child, JobState.PAUSED):
                await told.store.pause(child.id)
        told.clock.advance(1_000)
        assert (await told.store.claim(["scripted"], 10, LEASE_MS)).jobs == ()
        await told.store.unpause(run_id)
    await told.work(PLANS)
    for child in (await told.store.jobs(JobFilter(root_id=run_id, states=(JobState.PAUSED,)))).items:
        await told.store.unpause(child.id)
    await told.work(PLANS)


async def gates(told: Telling) -> None:
    """All jobs are paused, then one host and one type are limited; what is claimed never exceeds that."""
    run_id = await told.store.launch(ONE, key="it")
    if not (await told.store.job(run_id)).state.final:
        if not await told.store.gates():
            await told.store.change_gate("all", "", paused=True)
            await told.store.change_gate("host", "a.org", concurrency=1)
        for gate in await told.store.gates():
            if gate.paused:
                assert (await told.store.claim(TYPES, 10, LEASE_MS)).jobs == ()
                await told.store.change_gate("host", "a.org", concurrency=1)
                await told.store.change_gate("all", "", paused=False)
        await told.work(PLANS)
    await told.store.change_gate("host", "a.org", concurrency=0)


async def tolerance(told: Telling) -> None:
    """Two failures are one too many: the step stops with all that is open in it, the next never begins."""
    definition = script_definition(
        script_step("one"), script_step("two"), error_tolerance=ErrorTolerance(2), id="it"
    )
    await told.store.launch(definition, key="it")
    await told.work({"one": "abcdef"}, dict.fromkeys("abcdef", "fails"))


async def step_timeout(told: Telling) -> None:
    """A child never ends: the step's time is over some day, and the step for failures has its turn."""
    definition = script_definition(
        script_step("one", timeout_ms=30 * MINUTE_MS), script_step("two", condition="on_failure"), id="it"
    )
    run_id = await told.store.launch(definition, key="it")
    for _ in range(MOST_ROUNDS):
        await told.work({"one": "a", "two": "x"}, {"a": "hangs"})
        if (await told.store.job(run_id)).state.final:
            return
        told.clock.advance(10 * MINUTE_MS)
    raise AssertionError("the timeout does not strike")


async def retry(told: Telling) -> None:
    """A run fails in its first step, is tried again once, and completes."""
    run_id = await told.store.launch(TWO, key="it")
    await told.work(PLANS, dict.fromkeys("abc", "fails once"))
    if (await told.store.job(run_id)).state is JobState.FAILED:
        await told.store.retry(run_id)
    await told.work(PLANS, dict.fromkeys("abc", "fails once"))


async def delete(told: Telling) -> None:
    """Of two runs one is deleted with its documents."""
    if not await told.store.variables():
        await told.store.launch(ONE, key="it")
        await told.store.launch(script_definition(script_step("two"), id="stays"), key="stays")
        await told.store.set_variable("launched", "yes")
    await told.work(PLANS)
    for run in await told.runs():
        if run.type == ONE.id:
            await told.store.delete_run(run.id, documents=True)


async def cancel(told: Telling) -> None:
    """A run is cancelled by whoever executes its second child; the late result of that is refused."""
    run_id = await told.store.launch(TWO, key="it")
    await told.work({"one": "a"}, {"a": "hangs"})
    if not (await told.store.job(run_id)).state.final:
        await told.store.cancel(run_id)
    await told.work(PLANS)


async def duty(told: Telling) -> None:
    """Only who is on duty folds: the next process takes over from one that died without giving it up."""
    await told.store.register("worker", TYPES, 1)
    assert await told.store.take_duty(ORCHESTRATOR, LEASE_MS)
    await told.store.launch(TWO, key="it")
    await told.work(PLANS, on_duty=True)
    await told.store.sign_off()


async def definitions(told: Telling) -> None:
    """Definitions are imported together, edited, switched off, and one is deleted."""
    new = [NewDefinition(ONE, "one"), NewDefinition(TWO, "two")]
    stored = {each.definition.id: each for each in await told.store.definitions()}
    history = []
    if stored or await _was_there(told.store, "two"):
        history = [each.change for each in await told.store.definition_versions("one")]
    if "imported" not in history:
        await told.store.import_definitions(new)
    if "edited" not in history:
        edited = NewDefinition(script_definition(script_step("new"), id="one"), "edited")
        await told.store.edit_definition(edited, version=1)
    await told.store.switch_definition("one", enabled=False)
    if "two" in {each.definition.id for each in await told.store.definitions()}:
        await told.store.delete_definition("two")


async def _was_there(store: Store, definition_id: str) -> bool:
    with contextlib.suppress(Exception):
        return bool(await store.definition_versions(definition_id))
    return False


class _OnlyThese:
    """What a scheduler needs of `Control`."""

    async def definitions(self, origin: str | None = None) -> tuple[StoredDefinition, ...]:
        return ()

    async def launch_tree(self, definition: JobDefinition) -> Launch:
        return Launch(definition)


async def schedule(told: Telling) -> None:
    """A definition is planned every five minutes; it has run twice in the end."""
    planned = script_definition(script_step("one"), id="planned", schedule="*/5 * * * *", timezone="UTC")
    await told.store.import_definitions([NewDefinition(planned, "")])
    scheduler = Scheduler(told.store, _OnlyThese(), told.clock, lambda: "UTC")
    for _ in range(MOST_ROUNDS):
        await scheduler.fire()
        await told.work(PLANS)
        if len(await told.runs()) == 2:
            return
        told.clock.advance(5 * MINUTE_MS)
    raise AssertionError("nothing is started by its schedule")


STORIES: Mapping[str, Story] = {
    story.__name__: story
    for story in (
        launch_tree,
        failed_pre_run,
        pause_and_resume,
        gates,
        tolerance,
        step_timeout,
        retry,
        delete,
        cancel,
        duty,
        definitions,
        schedule,
    )
}


async def picture(store: Store) -> dict[str, object]:
    """What is in the store in the end, without times and ids."""
    jobs = (await store.jobs(JobFilter(), limit=1_000)).items
    runs = {job.id: job for job in jobs if job.kind is JobKind.RUN}
    versions = {}
    for each in await store.definitions():
        found = await store.definition_versions(each.definition.id)
        versions[each.definition.id] = [version.change for version in found]
    documents = (await store.documents(DocumentFilter(), limit=1_000)).items
    return {
        "jobs": Counter(_kind_of(job, runs[job.root_id]) for job in jobs),
        "documents": sorted(found.title for found in documents),
        "gates": await store.gates(),
        "definitions": versions,
        "needs": [
            re.sub(r"run \d+", "run", run.error or "")
            for run in runs.values()
            if run.error_code == "needed_run"
        ],
    }


def _kind_of(job: Job, run: Job) -> tuple[str, ...]:
    """Which of several children fails first is up to chance; the documents say which were completed."""
    name = "" if job.kind is JobKind.CHILD else job.name
    code = job.error_code if job.state is JobState.FAILED else None
    return run.type, job.kind.value, name, job.state.value, code or ""
