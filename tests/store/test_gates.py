"""Gates and fair shares: what is paused is not claimed, a limit is never exceeded, and nobody goes empty-handed."""

import asyncio

import pytest

from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError, NotFoundError, QuaeroError
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.store.store import Store
from quaero.store.transaction import Change
from quaero.store.transitions.gates import Gate, GateScope
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import LEASE_MS, UNLIMITED, claim, listening, settlement, state

pytestmark = pytest.mark.usefixtures("checked")

HOUR_MS = 3_600_000
TYPES = ("fetch", "parse")
EVERY: list[tuple[GateScope, str]] = [
    ("all", ""),
    ("definition", "one"),
    ("type", "fetch"),
    ("host", "a.org"),
]


def definition(name: str = "one") -> JobDefinition:
    return script_definition(script_step(), id=name)


async def filled(
    store: Store,
    name: str = "one",
    count: int = 10,
    *,
    type_: str = "fetch",
    host: str | None = "a.org",
    priority: int = 0,
    limits: StepLimits = UNLIMITED,
) -> int:
    """A run of that definition with so many children to claim; its id."""
    run_id = await store.launch(definition(name), priority=priority)
    [parent] = (await store.claim(["script"], 1, LEASE_MS, run_id)).jobs
    await store.begin_plan(parent, limits)
    jobs = [ChildJob(type_, f"{name} {number}", {}, host=host) for number in range(count)]
    await store.add_planned(parent, jobs, last=True)
    return run_id


async def take(store: Store, limit: int = 100) -> tuple[Job, ...]:
    return (await store.claim(TYPES, limit, LEASE_MS)).jobs


async def complete(store: Store, *jobs: Job) -> None:
    await store.settle([Settlement(job.id, job.lease_number, End.COMPLETED) for job in jobs])


@pytest.mark.parametrize(("scope", "key"), EVERY)
async def test_nothing_behind_a_paused_gate_is_claimed_until_it_is_resumed(
    store: Store, scope: GateScope, key: str
) -> None:
    await filled(store)
    await store.change_gate(scope, key, paused=True)
    assert await take(store) == ()

    await store.change_gate(scope, key, paused=False)

    assert len(await take(store)) == 10
    assert await store.gates() == ()


@pytest.mark.parametrize(("scope", "key"), EVERY)
async def test_a_limit_holds_over_claims_and_ends_and_is_never_exceeded(
    store: Store, scope: GateScope, key: str
) -> None:
    await filled(store)
    await store.change_gate(scope, key, concurrency=3)

    first = await take(store)
    assert len(first) == 3
    assert await take(store) == ()
    await complete(store, *first[:2])

    assert len(await take(store)) == 2


@pytest.mark.parametrize(("scope", "key"), [("definition", "two"), ("type", "parse"), ("host", "b.org")])
async def test_a_gate_holds_back_only_what_it_names(store: Store, scope: GateScope, key: str) -> None:
    await filled(store, "one")
    await filled(store, "two", type_="parse", host="b.org")
    await store.change_gate(scope, key, paused=True)

    jobs = await take(store)

    assert {job.name.split()[0] for job in jobs} == {"one"}
    assert len(jobs) == 10


async def test_a_limit_on_one_host_does_not_hold_up_what_stands_behind_its_jobs(store: Store) -> None:
    run_id = await store.launch(definition())
    [parent] = await claim(store, "script")
    await store.begin_plan(parent, StepLimits())
    jobs = [ChildJob("fetch", f"a {n}", {}, host="a.org") for n in range(200)]
    jobs += [ChildJob("fetch", "b", {}, host="b.org"), ChildJob("fetch", "nowhere", {})]
    await store.add_planned(parent, jobs, last=True)
    await store.change_gate("host", "a.org", concurrency=1)

    claimed = await take(store, 10)

    assert {job.name for job in claimed} == {"a 0", "b", "nowhere"}
    assert await state(store, run_id) == "running"


async def test_several_gates_on_one_job_hold_together(store: Store) -> None:
    await filled(store, "one", type_="fetch", host="a.org")
    await filled(store, "two", type_="parse", host="a.org")
    await store.change_gate("all", "", concurrency=5)
    await store.change_gate("type", "fetch", concurrency=2)
    await store.change_gate("host", "a.org", concurrency=4)

    claimed = await take(store)

    assert len(claimed) == 4
    assert sum(job.type == "fetch" for job in claimed) <= 2


async def test_a_limit_counts_child_jobs_and_lets_steps_be_planned(store: Store) -> None:
    await filled(store)
    await store.change_gate("all", "", concurrency=1)
    assert len(await take(store)) == 1
    await store.launch(definition("two"))

    assert len(await claim(store, "script")) == 1


async def test_a_pause_holds_back_steps_too(store: Store) -> None:
    await store.launch(definition())

    for scope, key in (("all", ""), ("definition", "one"), ("type", "script")):
        await store.change_gate(scope, key, paused=True)  # type: ignore[arg-type]
        assert await claim(store, "script") == ()
        await store.change_gate(scope, key, paused=False)  # type: ignore[arg-type]

    assert len(await claim(store, "script")) == 1


async def test_a_limit_that_is_lowered_stops_nothing_that_runs_and_holds_from_then_on(store: Store) -> None:
    await filled(store)
    running = await take(store, 5)
    await store.change_gate("all", "", concurrency=2)
    await complete(store, *running[:3])
    assert await take(store) == ()

    await complete(store, running[3])

    assert len(await take(store)) == 1


async def test_a_limit_and_a_pause_of_one_gate_come_and_go_alone(store: Store) -> None:
    await store.change_gate("host", "a.org", concurrency=2)
    await store.change_gate("host", "a.org", paused=True)
    assert await store.gates() == (Gate("host", "a.org", 2, True),)
    await store.change_gate("host", "a.org", concurrency=0)
    assert await store.gates() == (Gate("host", "a.org", None, True),)
    await store.change_gate("host", "a.org", concurrency=3)
    await store.change_gate("host", "a.org", paused=False)
    assert await store.gates() == (Gate("host", "a.org", 3, False),)
    await store.change_gate("host", "a.org", concurrency=0)
    assert await store.gates() == ()


async def test_a_gate_that_is_not_paused_is_not_resumed(store: Store) -> None:
    await store.change_gate("host", "a.org", concurrency=2)

    for scope, key, text in (("host", "a.org", "host a.org"), ("all", "", "everything")):
        with pytest.raises(NotFoundError, match=f"{text} is not paused"):
            await store.change_gate(scope, key, paused=False)  # type: ignore[arg-type]

    assert await store.gates() == (Gate("host", "a.org", 2, False),)


async def test_a_gate_is_paused_twice_without_harm(store: Store) -> None:
    await store.change_gate("all", "", paused=True)
    await store.change_gate("all", "", paused=True)

    assert await store.gates() == (Gate("all", "", None, True),)


@pytest.mark.parametrize(
    ("scope", "key", "concurrency"),
    [
        ("server", "a.org", 1),
        ("host", "", 1),
        ("all", "a.org", 1),
        ("host", "a.org", -1),
        ("host", "a.org", 2**63),
    ],
)
async def test_a_gate_that_makes_no_sense_is_refused_and_nothing_is_changed(
    store: Store, scope: GateScope, key: str, concurrency: int
) -> None:
    with pytest.raises(QuaeroError):
        await store.change_gate(scope, key, concurrency=concurrency)

    assert await store.gates() == ()


@pytest.mark.parametrize("change", ["resume", "limit", "no limit"])
async def test_whoever_claims_is_woken_when_a_gate_opens(store: Store, change: str) -> None:
    await store.change_gate("all", "", paused=True, concurrency=1)

    async with listening(store) as changes:
        if change == "resume":
            await store.change_gate("all", "", paused=False)
        else:
            await store.change_gate("all", "", concurrency=5 if change == "limit" else 0)

    assert changes[0] & Change.READY


async def test_a_limit_holds_over_two_processes_that_claim_at_once(store: Store, place: Place) -> None:
    await filled(store, count=50)
    await store.change_gate("host", "a.org", concurrency=7)
    other = place.store()

    claims = await asyncio.gather(*(take(each, 2) for _ in range(5) for each in (store, other)))

    await other.close()
    assert sum(map(len, claims)) == 7


async def test_smaller_priorities_go_first_and_the_rest_gets_what_they_leave(store: Store) -> None:
    await filled(store, "late", 5, priority=1)
    await filled(store, "first", 3, priority=-1)
    await filled(store, "middle", 3)

    names = [job.name.split()[0] for job in await take(store, 8)]

    assert sorted(names) == ["first"] * 3 + ["late"] * 2 + ["middle"] * 3


async def test_the_priority_of_a_run_is_changed_while_it_runs(store: Store) -> None:
    await filled(store, "one", 5)
    two = await filled(store, "two", 5)
    await store.set_priority(two, -1)

    assert [job.root_id for job in await take(store, 5)] == [two] * 5


async def test_the_priority_of_what_has_ended_is_not_changed(store: Store) -> None:
    run_id = await filled(store)
    await store.cancel(run_id)

    with pytest.raises(ConflictError, match="already cancelled"):
        await store.set_priority(run_id, 1)


async def test_a_run_of_many_children_and_a_run_of_few_are_claimed_in_turn(store: Store) -> None:
    many = await filled(store, "many", 100_000)
    few = await filled(store, "few", 10)

    turns = [(await take(store, 1))[0].root_id for _ in range(20)]

    assert turns in ([many, few] * 10, [few, many] * 10)


async def test_equal_runs_share_a_claim_and_an_odd_job_goes_round(store: Store) -> None:
    runs = [await filled(store, name, 30) for name in ("a", "b", "c")]

    taken = [job.root_id for _ in range(3) for job in await take(store, 4)]

    assert sorted(taken) == sorted(runs * 4)


@pytest.mark.parametrize("launched", ["first", "last"])
async def test_a_run_that_goes_first_does_not_stop_the_others_from_taking_turns(
    store: Store, launched: str
) -> None:
    """A run of smaller priority has one job for every claim; the two others get what is left in turn."""
    if launched == "first":
        await filled(store, "first", 10, priority=-1, limits=StepLimits(concurrency=1))
    one, two = await filled(store, "one", 20), await filled(store, "two", 20)
    if launched == "last":
        await filled(store, "first", 10, priority=-1, limits=StepLimits(concurrency=1))
    turns: list[int] = []
    for _ in range(6):
        first, other = sorted(await take(store, 2), key=lambda job: not job.name.startswith("first"))
        turns.append(other.root_id)
        await complete(store, first, other)

    assert turns in ([one, two] * 3, [two, one] * 3)


async def test_a_child_begins_at_its_time_and_not_before(store: Store, clock: SettableClock) -> None:
    at = clock.now_ms() + HOUR_MS
    await store.launch(definition())
    [parent] = await claim(store, "script")
    await store.begin_plan(parent, StepLimits())
    await store.add_planned(parent, [ChildJob("fetch", "later", {}, run_at=at)], last=True)
    early = await store.claim(TYPES, 10, LEASE_MS)
    assert (early.jobs, early.next_at) == ((), at)
    clock.advance(HOUR_MS)

    assert [job.name for job in await take(store)] == ["later"]


async def test_a_child_that_waited_for_a_slot_begins_at_its_time_and_not_before(
    store: Store, clock: SettableClock
) -> None:
    await store.launch(definition())
    [parent] = await claim(store, "script")
    await store.begin_plan(parent, StepLimits(max_documents=1))
    later = ChildJob("fetch", "later", {}, run_at=clock.now_ms() + HOUR_MS)
    await store.add_planned(parent, [ChildJob("fetch", "now", {}), later], last=True)
    await store.settle([settlement(job, End.FAILED) for job in await take(store)])

    assert await take(store) == ()
    clock.advance(HOUR_MS)

    assert [job.name for job in await take(store)] == ["later"]


async def test_a_child_of_smaller_priority_is_claimed_before_its_elders(store: Store) -> None:
    await store.launch(definition())
    [parent] = await claim(store, "script")
    await store.begin_plan(parent, StepLimits())
    jobs = [
        ChildJob("fetch", "c", {}, priority=1),
        ChildJob("fetch", "b", {}),
        ChildJob("fetch", "a", {}, priority=-1),
    ]
    await store.add_planned(parent, jobs, last=True)

    assert [(await take(store, 1))[0].name for _ in range(3)] == ["a", "b", "c"]
