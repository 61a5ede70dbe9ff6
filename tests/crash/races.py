"""Two stores on one database do two things in the same moment, again and again, with random waits between statements.

Every trial has a tree of its own, which is deleted after it. A seed decides who waits where; what the
system makes of that differs a little from time to time.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quaero.models.errors import QuaeroError
from quaero.models.job import Job, JobKind, JobState, StepLimits
from quaero.models.outcome import End
from quaero.store.check import check
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from quaero.store.transitions.gates import GateScope
from quaero.testing import SettableClock
from tests.crash.bases import TYPES, clock_of, finish, illegal, nothing_stored
from tests.crash.stepper import SECONDS
from tests.crash.two_sessions import Violation
from tests.kit import script_definition, script_step
from tests.places import new_place
from tests.store.tree import LEASE_MS, claim, launch, plan, settlement

WAIT_CHANCE = 0.15
LONGEST_WAIT = 0.0008
LONGEST_LEAD = 0.0006
DEFINITION = script_definition(script_step("pages"), script_step("after"))


class Waits:
    """A random pause before some statements of a writer."""

    def __init__(self) -> None:
        self.dice = random.Random()

    def __call__(self, statement: str) -> None:
        if self.dice.random() < WAIT_CHANCE:
            time.sleep(self.dice.uniform(0, LONGEST_WAIT))


@dataclass(frozen=True, slots=True)
class Arena:
    """Two stores on one database, as two processes have them."""

    a: Store
    b: Store
    waits: tuple[Waits, Waits]

    def seed(self, seed: int) -> random.Random:
        for number, waits in enumerate(self.waits):
            waits.dice = random.Random(2 * seed + number)
        return random.Random(seed)


@asynccontextmanager
async def open_arena(kind: str, folder: Path) -> AsyncIterator[Arena]:
    place, clock, waits = new_place(kind, folder), SettableClock(), (Waits(), Waits())
    stores = [place.store(clock=clock, before_statement=each) for each in waits]
    try:
        yield Arena(stores[0], stores[1], waits)
    finally:
        for store in stores:
            await store.close()
        place.remove()


Race = Callable[[Arena, random.Random], Awaitable[None]]


async def both(dice: random.Random, first: Awaitable[Any], second: Awaitable[Any]) -> tuple[Any, Any]:
    """Both at once, one of them a moment earlier; their answers, a refusal being one."""

    async def begin(work: Awaitable[Any], lead: float) -> Any:
        await asyncio.sleep(lead)
        try:
            return await work
        except QuaeroError as error:
            return error

    lead = dice.uniform(-LONGEST_LEAD, LONGEST_LEAD)
    found = await asyncio.gather(begin(first, max(0.0, lead)), begin(second, max(0.0, -lead)))
    return found[0], found[1]


async def running(arena: Arena, *names: str) -> tuple[int, Job, dict[str, Job]]:
    """A run whose children of these names are all executed: its id, the step, and the children."""
    run_id, step = await launch(arena.a, DEFINITION)
    await plan(arena.a, step, *names)
    held = {job.name: job for job in await claim(arena.a)}
    return run_id, step, held


async def cancel_against_spawn(arena: Arena, dice: random.Random) -> None:
    run_id, _, held = await running(arena, "a", "b")
    await both(
        dice,
        arena.a.cancel(run_id),
        arena.b.settle([settlement(held["a"], stores="a", spawns=["c", "d"])]),
    )
    await expect_all_ended(arena, run_id, JobState.CANCELLED)


async def cancel_against_settle(arena: Arena, dice: random.Random) -> None:
    run_id, _, held = await running(arena, "a")
    target = dice.choice([run_id, held["a"].id])
    cancelled, refused = await both(
        dice, arena.a.cancel(target), arena.b.settle([settlement(held["a"], stores="a")])
    )
    state = (await arena.a.job(held["a"].id)).state
    late = refused != []
    expect(late == (state is JobState.CANCELLED), f"a is {state}, its result was refused: {late}")
    expect(isinstance(cancelled, int) == (late or target == run_id), f"cancel answered {cancelled}")


async def last_two_children(arena: Arena, dice: random.Random) -> None:
    _, step, held = await running(arena, "a", "b")
    await both(
        dice,
        settle_and_fold(arena.a, held["a"], dice.choice([End.COMPLETED, End.FAILED])),
        settle_and_fold(arena.b, held["b"], End.COMPLETED),
    )
    state = (await arena.a.job(step.id)).state
    expect(state is JobState.COMPLETED, f"the step is {state} after both of its children ended")


async def settle_and_fold(store: Store, job: Job, end: End) -> None:
    await store.settle([settlement(job, end, stores=job.name if end is End.COMPLETED else "")])
    await store.fold()


async def two_orchestrators(arena: Arena, dice: random.Random) -> None:
    _, step, held = await running(arena, "a", "b")
    await arena.a.settle([settlement(job, stores=job.name) for job in held.values()])
    await both(dice, arena.a.fold(), arena.b.fold())
    state = (await arena.a.job(step.id)).state
    expect(state is JobState.COMPLETED, f"the step is {state} after two folds")


async def retry_against_fold(arena: Arena, dice: random.Random) -> None:
    run_id, step, held = await running(arena, "a", "b")
    await arena.a.settle([settlement(held["a"], End.FAILED)])
    await arena.a.settle([settlement(held["b"], stores="b")])
    retried, _ = await both(dice, arena.a.retry(held["a"].id), arena.b.fold())
    await arena.b.fold()
    expect(isinstance(retried, int), f"retry answered {retried}")
    run, child = await arena.a.job(run_id), await arena.a.job(held["a"].id)
    parent = await arena.a.job(step.id)
    found = (run.state, parent.state, child.state)
    expect(found == (JobState.RUNNING, JobState.RUNNING, JobState.PENDING), f"run, step, child are {found}")


async def pause_against_claim(arena: Arena, dice: random.Random) -> None:
    run_id, step = await launch(arena.a, DEFINITION)
    await plan(arena.a, step, "a", "b")
    paused, claimed = await both(dice, pause_and_see(arena.a, run_id), claim(arena.b))
    later = await claim(arena.b)
    expect(later == (), "a job of a paused run was claimed")
    now = await names_in(arena.a, run_id, JobState.RUNNING)
    expect(now == paused == sorted(job.name for job in claimed), f"{now} run, when it was paused {paused}")


async def pause_and_see(store: Store, run_id: int) -> list[str]:
    """Pause; the children that run when the answer has come."""
    await store.pause(run_id)
    return await names_in(store, run_id, JobState.RUNNING)


async def names_in(store: Store, run_id: int, state: JobState) -> list[str]:
    found = await store.jobs(JobFilter(root_id=run_id, kind=JobKind.CHILD), limit=100)
    return sorted(job.name for job in found.items if job.state is state)


async def two_launches_with_one_key(arena: Arena, dice: random.Random) -> None:
    key = f"key {dice.random()}"
    found = await both(dice, arena.a.launch(DEFINITION, key=key), arena.b.launch(DEFINITION, key=key))
    runs = await arena.a.jobs(JobFilter(kind=JobKind.RUN), limit=10)
    expect(found[0] == found[1] and len(runs.items) == 1, f"{found} of {len(runs.items)} runs")


async def claims_with_a_limit_of_one(arena: Arena, dice: random.Random) -> None:
    _, step = await launch(arena.a, DEFINITION)
    await plan(arena.a, step, "a", "b", "c")
    gates: list[tuple[GateScope, str]] = [("all", ""), ("type", "scripted"), ("definition", DEFINITION.id)]
    await arena.a.change_gate(*dice.choice(gates), concurrency=1)
    for name in ("first", "second", "third"):
        one, other = await both(dice, arena.a.claim(TYPES, 2, LEASE_MS), arena.b.claim(TYPES, 2, LEASE_MS))
        jobs = [*one.jobs, *other.jobs]
        expect(len(jobs) == 1, f"the {name} two claims took {len(jobs)} jobs within a limit of one")
        await arena.b.settle([settlement(jobs[0], stores=jobs[0].name)])


async def claims_with_room_for_one(arena: Arena, dice: random.Random) -> None:
    _, step = await launch(arena.a, DEFINITION)
    await plan(arena.a, step, "a", "b", "c", limits=StepLimits(concurrency=1))
    for name in ("first", "second", "third"):
        one, other = await both(dice, arena.a.claim(TYPES, 2, LEASE_MS), arena.b.claim(TYPES, 2, LEASE_MS))
        jobs = [*one.jobs, *other.jobs]
        expect(len(jobs) == 1, f"the {name} two claims took {len(jobs)} jobs of a step with room for one")
        await arena.a.settle([settlement(jobs[0], stores=jobs[0].name)])


async def two_claims(arena: Arena, dice: random.Random) -> None:
    run_id, step = await launch(arena.a, DEFINITION)
    await plan(arena.a, step, *"abcdef")
    one, other = await both(dice, claim(arena.a, limit=4), claim(arena.b, limit=4))
    names = sorted(job.name for job in [*one, *other])
    expect(len(names) == len(set(names)), f"{names} were claimed")
    expect(names == await names_in(arena.a, run_id, JobState.RUNNING), f"{names} were claimed, others run")
    expect(len(names) >= 4, f"only {names} were claimed")
    await both(
        dice,
        arena.a.settle([settlement(job, stores=job.name) for job in one]),
        arena.b.settle([nothing_stored(job) for job in other]),
    )


async def two_runs_with_the_same_pages(arena: Arena, dice: random.Random) -> None:
    _, step, held = await running(arena, *"abc")
    _, other_step, other_held = await running(arena, *"abc")
    ends, other_ends = (
        [settlement(job, stores=job.name) for job in dice.sample(list(jobs.values()), len(jobs))]
        for jobs in (held, other_held)
    )
    refused = await both(dice, arena.a.settle(ends), arena.b.settle(other_ends))
    expect(refused == ([], []), f"the answers were {refused}")
    counts = [(await arena.a.progress(each.id)).documents for each in (step, other_step)]
    expect(sum(each.created for each in counts) == len(held), f"the pages were counted as {counts}")
    expect([each.total for each in counts] == [len(held)] * 2, f"the pages were counted as {counts}")


async def the_same_children_found_twice(arena: Arena, dice: random.Random) -> None:
    run_id, _, held = await running(arena, "a", "b")
    await both(
        dice,
        arena.a.settle([settlement(held["a"], stores="a", spawns=dice.sample("cdef", 4))]),
        arena.b.settle([settlement(held["b"], stores="b", spawns=dice.sample("cdef", 3))]),
    )
    names = await names_in(arena.a, run_id, JobState.PENDING)
    expect(names == list("cdef"), f"the children are {names}")


async def rescue_against_settle(arena: Arena, dice: random.Random) -> None:
    _, _, held = await running(arena, "a", "b")
    clock_of(arena.a).advance(LEASE_MS)
    rescued, refused = await both(
        dice,
        arena.a.rescue(10),
        arena.b.settle([settlement(job, stores=job.name) for job in held.values()]),
    )
    states = {(await arena.a.job(job.id)).state for job in held.values()}
    expected = {JobState.COMPLETED} if rescued == 0 else {JobState.PENDING}
    expect(states == expected, f"{rescued} were taken back, {refused} were refused, they are {states}")
    expect(len(refused) == rescued, f"{rescued} were taken back, {refused} were refused")


async def delete_against_retry(arena: Arena, dice: random.Random) -> None:
    run_id, _, held = await running(arena, "a")
    await arena.a.settle([settlement(held["a"], End.FAILED)])
    await arena.a.fold()
    deleted, retried = await both(dice, arena.a.delete_run(run_id), arena.b.retry(run_id))
    won = [isinstance(answer, int) for answer in (deleted, retried)]
    there = await arena.a.jobs(JobFilter(kind=JobKind.RUN), limit=10)
    expect(won in ([True, False], [False, True]), f"delete and retry answered {deleted} and {retried}")
    expect(len(there.items) == won[1], f"delete answered {deleted}, there are {len(there.items)} runs")


async def two_launches_alone(arena: Arena, dice: random.Random) -> None:
    found = await both(dice, arena.a.launch(DEFINITION, alone=True), arena.b.launch(DEFINITION, alone=True))
    refused = [isinstance(answer, QuaeroError) for answer in found]
    expect(sorted(refused) == [False, True], f"two launches alone answered {found}")


def expect(holds: bool, text: str) -> None:
    if not holds:
        raise Violation(text)


async def expect_all_ended(arena: Arena, run_id: int, state: JobState) -> None:
    jobs = (await arena.b.jobs(JobFilter(root_id=run_id), limit=100)).items
    still_open = [job.name for job in jobs if not job.state.final]
    expect(not still_open, f"{still_open} are open in a run that was cancelled")
    run = next(job for job in jobs if job.kind is JobKind.RUN)
    expect(run.state is state, f"the run is {run.state}")


RACES: dict[str, Race] = {
    race.__name__: race
    for race in (
        cancel_against_spawn,
        cancel_against_settle,
        last_two_children,
        two_orchestrators,
        retry_against_fold,
        pause_against_claim,
        two_launches_with_one_key,
        claims_with_a_limit_of_one,
        claims_with_room_for_one,
        two_claims,
        two_runs_with_the_same_pages,
        the_same_children_found_twice,
        rescue_against_settle,
        delete_against_retry,
        two_launches_alone,
    )
}


async def run_trials(race: Race, kind: str, folder: Path, trials: int, seed: int) -> None:
    """So many trials on that database, the first with this seed, each further one with the next.

    An error says which one it was.
    """
    async with open_arena(kind, folder) as arena:
        for number in range(seed, seed + trials):
            try:
                async with asyncio.timeout(SECONDS):
                    await trial(race, arena, number)
            except Exception as error:
                error.add_note(f"again with: QUAERO_SEED={number} QUAERO_TRIALS=1")
                raise
        expect(await arena.a.check() == (), "the database is damaged")


async def trial(race: Race, arena: Arena, seed: int) -> None:
    await race(arena, arena.seed(seed))
    await must_be_sound(arena.b)
    await finish(arena.a)
    await must_be_sound(arena.a)
    for run in (await arena.a.jobs(JobFilter(kind=JobKind.RUN), limit=10)).items:
        await arena.b.delete_run(run.id, documents=True)


async def must_be_sound(store: Store) -> None:
    findings = await store.backend.read(check)
    expect(findings == (), " ".join(f"{finding.invariant}: {finding.text}" for finding in findings))
    wrong = await illegal(store)
    expect(not wrong, " ".join(wrong))
