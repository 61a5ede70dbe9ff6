"""Every transition that a session can do to a base's tree, with a target that it has there."""

from collections.abc import Awaitable
from typing import Any

from quaero.models.job import Job, StepLimits
from quaero.models.outcome import End
from quaero.store.store import Store
from quaero.store.transitions.claim import Claimed
from quaero.store.transitions.definitions import NewDefinition
from quaero.store.transitions.launch import Launch
from tests.crash.bases import DEFINITION, TYPES, Base, nothing_stored
from tests.crash.bases import PLANNED as PLANNED_DEFINITION
from tests.crash.two_sessions import Act, Launched, Transition
from tests.kit import script_definition, script_step
from tests.store.tree import LEASE_MS, pages, settlement


async def fired(store: Store, base: Base) -> Launched | None:
    assert base.firing is not None
    run_id = await store.fire(base.firing, Launch(PLANNED_DEFINITION))
    return None if run_id is None else Launched(run_id)


def settles(name: str, end: End = End.COMPLETED, spawns: str = "") -> Act:
    """The end of the execution of that child."""

    def act(store: Store, base: Base) -> Awaitable[Any]:
        job = base.held[name]
        return store.settle(
            [settlement(job, end, stores=job.name if end is End.COMPLETED else "", spawns=spawns)]
        )

    return act


def plans(names: str, *, last: bool) -> Act:
    return lambda store, base: store.add_planned(planner(base), pages(*names), last=last)


def plans_and_claims(names: str, *, last: bool) -> Act:
    def act(store: Store, base: Base) -> Awaitable[Claimed]:
        parked = store.park_claim(TYPES, 10, LEASE_MS)
        return store.plan_and_claim(planner(base), pages(*names), last=last, parked=parked)

    return act


async def launched(work: Awaitable[int]) -> Launched:
    return Launched(await work)


def planner(base: Base) -> Job:
    assert base.planner is not None
    return base.planner


def parent(base: Base) -> int:
    assert base.step is not None
    return base.step.id


EDITED = script_definition(script_step("other"), id=PLANNED_DEFINITION.id)

HELD = {
    "settle completed": settles("a"),
    "settle the other one": settles("b"),
    "settle without document": lambda store, base: store.settle([nothing_stored(base.held["a"])]),
    "settle the other one without document": lambda store, base: store.settle(
        [nothing_stored(base.held["b"])]
    ),
    "settle with children": settles("a", spawns="pxy"),
    "settle the other one with children": settles("b", spawns="xyz"),
    "settle failed": settles("a", End.FAILED),
    "settle for another try": settles("a", End.RETRY),
    "settle released": settles("a", End.RELEASED),
    "heartbeat": lambda store, base: store.heartbeat(
        [(job.id, job.lease_number) for job in base.held.values()], LEASE_MS
    ),
    "cancel child": lambda store, base: store.cancel(base.held["a"].id),
}
"""With children that are executed."""

PENDING: dict[str, Act] = {
    "pause job": lambda store, base: store.pause(base.pending),
    "prefer job": lambda store, base: store.set_priority(base.pending, -5),
    "cancel pending child": lambda store, base: store.cancel(base.pending),
}

PLANNED: dict[str, Act] = {
    "begin plan": lambda store, base: store.begin_plan(planner(base), StepLimits()),
    "plan chunk": plans("mpn", last=False),
    "close plan": plans("z", last=True),
    "claim with a chunk": plans_and_claims("mpn", last=False),
    "claim with the end of the plan": plans_and_claims("z", last=True),
    "fail plan": lambda store, base: store.fail_plan(planner(base), "bad", "it cannot be planned"),
    "heartbeat of planning": lambda store, base: store.heartbeat(
        [(planner(base).id, planner(base).lease_number)], LEASE_MS
    ),
}

ALWAYS: dict[str, Act] = {
    "launch": lambda store, _: launched(store.launch(DEFINITION, key="second")),
    "launch alone": lambda store, _: launched(store.launch(DEFINITION, alone=True)),
    "claim": lambda store, _: store.claim(TYPES, 10, LEASE_MS),
    "claim one": lambda store, _: store.claim(TYPES, 1, LEASE_MS),
    "fold": lambda store, _: store.fold(),
    "cancel step": lambda store, base: store.cancel(parent(base)),
    "cancel run": lambda store, base: store.cancel(base.run_id),
    "retry run": lambda store, base: store.retry(base.run_id),
    "pause run": lambda store, base: store.pause(base.run_id),
    "resume run": lambda store, base: store.unpause(base.run_id),
    "rescue": lambda store, _: store.rescue(10),
    "give up what is lost": lambda store, _: store.rescue(0),
    "delete": lambda store, base: store.delete_run(base.run_id),
    "overdue": lambda store, _: store.fail_overdue(),
    "prefer run": lambda store, base: store.set_priority(base.run_id, -5),
    "pause all": lambda store, _: store.change_gate("all", "", paused=True),
    "limit all": lambda store, _: store.change_gate("type", "scripted", concurrency=3),
    "watch": lambda store, _: store.take_duty("orchestrator", LEASE_MS),
}

SCHEDULED: dict[str, Act] = {
    "fire": fired,
    "import definition": lambda store, _: store.import_definitions([NewDefinition(EDITED, "edited")]),
    "edit definition": lambda store, _: store.edit_definition(NewDefinition(EDITED, "by hand"), version=1),
    "switch off": lambda store, _: store.switch_definition(PLANNED_DEFINITION.id, enabled=False),
    "delete definition": lambda store, _: store.delete_definition(PLANNED_DEFINITION.id),
}
"""With a definition that has a schedule."""

FAILED: dict[str, Act] = {"retry child": lambda store, base: store.retry(base.failed)}


def transitions_of(base: Base) -> list[Transition]:
    """Those that have a target in this base. In an ended run only what is asked of runs and by orchestrators."""
    acts = dict(ALWAYS)
    if base.held:
        acts.update(HELD)
    if base.pending:
        acts.update(PENDING)
    if base.failed:
        acts.update(FAILED)
    if base.planner is not None:
        acts.update(PLANNED)
    if base.firing is not None:
        acts.update(SCHEDULED)
    several = base.name == "two_runs"
    return [
        Transition(name, act, repeats=name == "fold", chooses=several and name.startswith("claim"))
        for name, act in acts.items()
    ]


EVERY = sorted({*ALWAYS, *HELD, *PENDING, *FAILED, *PLANNED, *SCHEDULED})
