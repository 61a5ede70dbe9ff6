"""Whatever happens to jobs in whatever order: the store does what the model does, and every run comes to its end.

A long run: `QUAERO_TRIALS=5000 pytest tests/jobs/test_state_machine.py`.
"""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from quaero.models.definition import ErrorTolerance, Percent
from quaero.models.document import NewDocument
from quaero.models.errors import ConflictError, LeaseLostError, NotFoundError, StoreError
from quaero.models.job import ChildJob, Job, JobKind, JobState, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.store import reads
from quaero.store.check import Finding, check
from quaero.store.postgres import ready
from quaero.store.reads import JobFilter, ParentProgress
from quaero.store.store import Store
from quaero.store.transaction import Reader, Transaction
from quaero.store.transitions.launch import Launch
from quaero.testing import SettableClock
from tests.crash.judgement import trials
from tests.jobs.tree_model import Forest, GateName, Node, Refused
from tests.kit import script_definition, script_step
from tests.places import Place, new_place

T = TypeVar("T")

LEASE_MS = 60_000
HOUR_MS = 3_600_000
MAX_LOST_LEASES = 2
MEMORY = Path("/dev/shm")
"""Processes die here, the machine does not: files in memory do, and are much faster."""

EXAMPLES = {"sqlite": 150, "postgres": 60}
"""How many histories by default: each takes several times as long on PostgreSQL."""

ALL = 1_000
MOST_RUNS = 3
TYPES = ("script", "scripted", "special")
START = SettableClock().now_ms()

LIMITED = Launch(
    script_definition(script_step("only", max_documents=2), error_tolerance=ErrorTolerance(2), id="limited")
)
TIMED = Launch(
    script_definition(
        script_step("first", timeout_ms=45_000), script_step("second"), timeout_ms=90_000, id="timed"
    )
)
SHARE = Launch(
    script_definition(
        script_step("first", on_error="continue", max_documents=3),
        script_step("second"),
        error_tolerance=ErrorTolerance(Percent(50)),
        id="share",
    )
)
RESCUED = Launch(
    script_definition(
        script_step("first"),
        script_step("rescue", condition="on_failure"),
        script_step("always", condition="always"),
        error_tolerance=ErrorTolerance(2),
        id="rescued",
    )
)
MARKED = Launch(
    script_definition(
        script_step("only", concurrency=2), error_tolerance=ErrorTolerance(1, "mark_warning"), id="marked"
    )
)
TREES = {
    "limited": LIMITED,
    "timed": TIMED,
    "share": SHARE,
    "rescued": RESCUED,
    "marked": MARKED,
    "timed, limited": Launch(LIMITED.definition, before=(TIMED,)),
    "marked, share": Launch(MARKED.definition, after=(SHARE,)),
    "marked, timed, rescued": Launch(TIMED.definition, before=(MARKED,), after=(RESCUED,)),
}
WHAT = st.sampled_from(list(TREES))
GATES = st.sampled_from(
    [
        ("all", ""),
        ("definition", "limited"),
        ("definition", "marked"),
        ("type", "scripted"),
        ("host", "a.org"),
    ]
)

CHILDREN = {
    "a": ChildJob("scripted", "a", {}, "a", host="a.org"),
    "b": ChildJob("scripted", "b", {}, "b", host="a.org"),
    "c": ChildJob("special", "c", {}, "c", host="b.org"),
    "d": ChildJob("scripted", "d", {}, "d", priority=-1),
    "e": ChildJob("scripted", "e", {}, "e", run_at=START + 5_000),
    "f": ChildJob("special", "f", {}, "f", host="a.org"),
}
FOUND = st.sampled_from(["", "a", "ab", "abf", "cab", "de", "fa", "dcba", "abcdef"])
LATE = st.sampled_from([False, False, False, True])
DELAYS = st.sampled_from([0, 1_000])
ENDS = st.sampled_from([End.COMPLETED, End.COMPLETED, End.FAILED, End.RETRY, End.RELEASED])
OUTCOMES = st.tuples(ENDS, FOUND, st.booleans(), DELAYS)
"""How an execution ends, what it found, whether it stores a document, when it is tried again."""
PRIORITIES = st.sampled_from([0, 0, 1, -1])


def children(keys: str) -> tuple[ChildJob, ...]:
    return tuple(CHILDREN[key] for key in keys)


class Crash(BaseException):
    """The process dies here."""


class Fault:
    """Lets the process die before this statement; "COMMIT" loses the transaction, "DELIVER" only the answer."""

    def __init__(self) -> None:
        self.at, self.hit = "", False

    def __call__(self, statement: str) -> None:
        if statement == self.at:
            self.hit = True
            raise Crash


class Act(NamedTuple):
    """Something that is done to the store, and then to the model."""

    work: Callable[[], Coroutine[Any, Any, Any]]
    apply: Callable[[], object]


class Seen(NamedTuple):
    """The whole store in one snapshot. Of runs: until when they may take and since when they are paused."""

    jobs: dict[int, Job]
    progress: dict[int, ParentProgress]
    times: dict[int, tuple[int | None, int | None]]
    findings: tuple[Finding, ...]


def look(reader: Reader) -> Seen:
    jobs = {job.id: job for job in reads.jobs(reader, JobFilter(), ALL, None, oldest_first=False).items}
    above = [job.id for job in jobs.values() if job.kind is not JobKind.CHILD]
    runs = {
        job.id: reader.rows("get_run", job_id=job.id)[0] for job in jobs.values() if job.kind is JobKind.RUN
    }
    return Seen(
        jobs,
        {job_id: reads.progress(reader, job_id) for job_id in above},
        {run_id: (row[1], row[-1]) for run_id, row in runs.items()},
        check(reader),
    )


def nothing(tx: Transaction) -> None:
    """A write that only lets the store see what time it is."""


class JobTrees(RuleBasedStateMachine):
    """One store, one model, and every claimed job with the lease number that it was claimed under."""

    def __init__(self, database: str = "sqlite") -> None:
        self.database = database
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.place = new_place(self.database, Path(self.folder.name))
        self.runner = asyncio.Runner()
        self.clock, self.fault = SettableClock(), Fault()
        self.now, self.next_id = 0, 1
        self.model = Forest(self.new_id, lambda: self.now)
        self.claimed: list[Job] = []
        self.store = self.run(self.open())
        self.time_is_seen()

    async def open(self) -> Store:
        return self.place.store(clock=self.clock, before_statement=self.fault)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def reopen(self) -> None:
        """A new process on the same database."""
        self.run(self.store.close())
        assert self.place.leftovers() == set()
        self.store = self.run(self.open())

    def time_is_seen(self) -> None:
        """For a process time never goes back."""
        self.run(self.store.backend.write(nothing))
        self.now = max(self.now, self.clock.now_ms())

    def teardown(self) -> None:
        try:
            self.work_to_the_end()
        finally:
            self.run(self.store.close())
            self.runner.close()
            self.place.remove()
            self.folder.cleanup()

    def new_id(self) -> int:
        """The ids of new jobs: the store counts up and never uses one again."""
        self.next_id += 1
        return self.next_id - 1

    def node(self, job: Job) -> Node | None:
        """The model's job, if the lease under which it was claimed still holds."""
        node = self.model.jobs().get(job.id)
        return node if node is not None and node.lease == job.lease_number else None

    def executing(self, kind: JobKind) -> list[Job]:
        """The claims whose leases hold."""
        return [job for job in self.claimed if job.kind is kind and self.node(job) is not None]

    def executions(self, kind: JobKind, late: bool) -> st.SearchStrategy[Job]:
        """A claim whose lease holds, or any that ever was."""
        return st.sampled_from(
            [job for job in self.claimed if job.kind is kind] if late else self.executing(kind)
        )

    def any_node(self, data: st.DataObject) -> Node:
        return data.draw(st.sampled_from(list(self.model.jobs().values())))

    def do(self, act: Act) -> Any:
        """Do it to both; the answer of the store."""
        answer = self.run(act.work())
        act.apply()
        return answer

    def ask(self, work: Coroutine[Any, Any, T], apply: Callable[[], T | None]) -> None:
        """What a person asks for is refused by both, or done by both with the same answer."""
        try:
            expected = apply()
        except Refused:
            with pytest.raises((ConflictError, NotFoundError)):
                self.run(work)
        else:
            answer = self.run(work)
            assert expected is None or answer == expected

    # Launch, claim, plan

    @initialize(what=WHAT, found=FOUND, last=st.booleans(), gate=st.none() | GATES)
    def begin(self, what: str, found: str, last: bool, gate: GateName | None) -> None:
        """A run whose first step has children already: the interesting things happen to those."""
        self.do(self.launching(what))
        self.claim(1)
        self.begin_to_plan(self.claimed[0])
        self.do(self.planning(self.claimed[0], found, last))
        if gate is not None:
            self.change_a_gate(gate, paused=None, concurrency=1)

    def launching(self, what: str, **options: Any) -> Act:
        tree = TREES[what]
        return Act(lambda: self.store.launch(tree, **options), lambda: self.model.launch(tree, **options))

    @precondition(lambda self: len(self.model.runs) < MOST_RUNS)
    @rule(
        what=WHAT,
        alone=st.booleans(),
        key=st.sampled_from([None, None, "key"]),
        delay=st.sampled_from([0, 0, 5_000]),
        priority=PRIORITIES,
    )
    def launch(self, what: str, alone: bool, key: str | None, delay: int, priority: int) -> None:
        options: dict[str, Any] = {"alone": alone, "key": key, "priority": priority}
        options["run_at"] = self.clock.now_ms() + delay if delay else 0
        act = self.launching(what, **options)
        try:
            run = self.model.launch(TREES[what], **options)
        except Refused:
            with pytest.raises(ConflictError):
                self.run(act.work())
        else:
            assert self.run(act.work()) == run.id

    @rule(limit=st.integers(1, 5), data=st.data(), of_one_run=LATE)
    def claim_some(self, limit: int, data: st.DataObject, of_one_run: bool) -> None:
        runs = self.model.runs if of_one_run else []
        self.claim(limit, data.draw(st.sampled_from(runs)) if runs else None)

    def claim(self, limit: int, root: Node | None = None) -> None:
        answer = self.run(self.store.claim(TYPES, limit, LEASE_MS, None if root is None else root.id))
        self.take_over_claims(answer.jobs, limit, root)
        self.claimed += answer.jobs
        if not answer.jobs and root is None and not self.model.gates:
            assert answer.next_at == self.model.next_time()

    def take_over_claims(self, jobs: Sequence[Job], limit: int, root: Node | None) -> None:
        """Judge which jobs were chosen, then mark them as claimed."""
        ready, running = self.model.ready(root), self.model.running()
        nodes = self.model.jobs()
        taken = [nodes[job.id] for job in jobs]
        assert set(taken) <= set(ready)
        left = [node for node in ready if node not in taken]
        now_running = running + [node for node in taken if node.kind is JobKind.CHILD]
        for node in taken:
            assert not self.model.is_full(node, [other for other in now_running if other is not node])
        if len(taken) < limit:
            assert all(self.model.is_full(node, now_running) for node in left)
        self.judge_order(taken, left, now_running)
        if not self.model.gates:
            self.judge_shares(taken, left, limit)
        for job, node in zip(jobs, taken, strict=True):
            assert job.lease_owner is not None
            self.model.claim(node, job.lease_number, self.clock.ticks_ms() + LEASE_MS, job.lease_owner)

    def judge_order(self, taken: Sequence[Node], left: Sequence[Node], running: Sequence[Node]) -> None:
        """Nobody was taken in the place of one of smaller priority: of a run, or of a sibling."""
        for node in taken:
            others = [other for other in running if other is not node]
            for passed in left:
                first = passed.run.priority < node.run.priority
                sibling_first = passed.parent is node.parent and passed.priority < node.priority
                if first or sibling_first:
                    assert self.model.is_full(passed, others)

    def judge_shares(self, taken: Sequence[Node], left: Sequence[Node], limit: int) -> None:
        """Of runs with the same priority each step has got its share if it had so much."""
        lanes = {node.parent for node in [*taken, *left]}
        for lane in lanes:
            assert lane is not None
            priority = lane.run.priority
            equals = [other for other in lanes if other is not None and other.run.priority == priority]
            before = sum(node.run.priority < priority for node in taken)
            got = sum(node.parent is lane for node in taken)
            more = [node for node in left if node.parent is lane and lane.concurrency is None]
            assert not more or got >= (limit - before) // len(equals)

    def planning(self, parent: Job, found: str, last: bool) -> Act:
        """A chunk of a plan that has begun."""
        node = self.node(parent)

        def apply() -> None:
            assert node is not None
            self.model.plan(node, children(found), last=last)

        return Act(lambda: self.store.add_planned(parent, children(found), last=last), apply)

    def begin_to_plan(self, parent: Job) -> None:
        limits = self.limits_of(parent)
        self.run(self.store.begin_plan(parent, limits))
        if node := self.node(parent):
            node.limit, node.concurrency = limits.max_documents, limits.concurrency

    def limits_of(self, parent: Job) -> StepLimits:
        [run] = [run for run in self.model.runs if run.id == parent.root_id]
        [step] = [step for step in run.of.steps if step.name == parent.name]
        return StepLimits(step.config.get("concurrency"), step.config.get("max_documents"))  # type: ignore[arg-type]

    @precondition(lambda self: self.executing(JobKind.PARENT))
    @rule(data=st.data(), late=LATE, found=FOUND, how=st.sampled_from(["more", "last", "last", "fails"]))
    def plan(self, data: st.DataObject, late: bool, found: str, how: str) -> None:
        parent = data.draw(self.executions(JobKind.PARENT, late))
        act = self.planning_fails(parent) if how == "fails" else self.planning(parent, found, how == "last")
        if self.node(parent) is None:
            for refused in (self.begin_to_plan, lambda _: self.run(act.work())):
                with pytest.raises(LeaseLostError):
                    refused(parent)
        else:
            self.begin_to_plan(parent)
            self.do(act)

    def planning_fails(self, parent: Job) -> Act:
        node = self.node(parent)

        def apply() -> None:
            assert node is not None
            self.model.close(node, JobState.FAILED)

        return Act(lambda: self.store.fail_plan(parent, "bad", "it cannot be planned"), apply)

    @rule(found=FOUND, end=st.sampled_from([End.COMPLETED, End.FAILED]), stores=st.booleans())
    def work(self, found: str, end: End, stores: bool) -> None:
        """What processes do when nobody disturbs them: one round with all that is ready."""
        self.claim(5)
        for parent in self.executing(JobKind.PARENT):
            self.begin_to_plan(parent)
            self.do(self.planning(parent, found, last=True))
        jobs = self.executing(JobKind.CHILD)
        self.do(self.ending(jobs, [(end, "", stores, 0) for _ in jobs]))
        self.fold()

    # Settle, leases

    def settling(self, data: st.DataObject, late: bool) -> tuple[list[Job], Act]:
        """The ends of up to three executions."""
        some = self.executions(JobKind.CHILD, late)
        jobs = data.draw(st.lists(some, min_size=1, max_size=3, unique_by=lambda job: job.id))
        return jobs, self.ending(jobs, data.draw(st.lists(OUTCOMES, min_size=len(jobs), max_size=len(jobs))))

    def ending(self, jobs: Sequence[Job], outcomes: Sequence[tuple[End, str, bool, int]]) -> Act:
        settlements = [_settlement(job, *each) for job, each in zip(jobs, outcomes, strict=True)]

        def apply() -> None:
            ends = []
            for job, (end, found, stores, delay) in zip(jobs, outcomes, strict=True):
                if node := self.node(job):
                    ends.append((node, end, children(found), stores, self.now + delay))
            self.model.settle(ends)

        return Act(lambda: self.store.settle(settlements), apply)

    @precondition(lambda self: self.executing(JobKind.CHILD))
    @rule(data=st.data(), late=LATE)
    def settle(self, data: st.DataObject, late: bool) -> None:
        jobs, act = self.settling(data, late)
        lost = {(job.id, job.lease_number) for job in jobs if self.node(job) is None}

        assert set(self.do(act)) == lost

    @precondition(lambda self: self.claimed)
    @rule(data=st.data())
    def heartbeat(self, data: st.DataObject) -> None:
        jobs = data.draw(st.lists(st.sampled_from(self.claimed), max_size=5, unique_by=lambda job: job.id))
        held = {job.id: node for job in jobs if (node := self.node(job)) is not None}

        kept = self.run(self.store.heartbeat([(job.id, job.lease_number) for job in jobs], LEASE_MS))

        assert kept == {(job.id, job.lease_number) for job in jobs if job.id in held}
        for node in held.values():
            node.until = self.clock.ticks_ms() + LEASE_MS

    @rule(hours=st.sampled_from([-8, 8]))
    def the_clock_is_set_wrong(self, hours: int) -> None:
        self.clock.set_wrong(hours * HOUR_MS)
        self.time_is_seen()

    @rule(milliseconds=st.sampled_from([1_000, 5_000, LEASE_MS // 2]))
    def time_passes(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds)
        self.time_is_seen()

    @rule(after=st.sampled_from([0, LEASE_MS // 2, LEASE_MS, LEASE_MS]))
    def sweep(self, after: int) -> None:
        """After so long, what has run out is taken back or ended."""
        self.time_passes(after)
        self.do(self.rescuing())
        self.do(Act(self.store.fail_overdue, self.model.fail_overdue))

    @rule()
    def fold(self) -> None:
        self.do(Act(self.store.fold, self.model.fold))

    def rescuing(self) -> Act:
        alive, ticks = self.store.backend.owner, self.clock.ticks_ms()
        return Act(
            lambda: self.store.rescue(MAX_LOST_LEASES), lambda: self.model.lose(ticks, alive, MAX_LOST_LEASES)
        )

    # What people do

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        node = self.any_node(data)
        self.ask(self.store.cancel(node.id), lambda: self.model.cancel(node))

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data(), of_a_run=st.booleans())
    def pause(self, data: st.DataObject, of_a_run: bool) -> None:
        node = data.draw(st.sampled_from(self.model.runs)) if of_a_run else self.any_node(data)
        self.ask(self.store.pause(node.id), lambda: self.model.pause(node))

    @precondition(lambda self: any(node.state is JobState.PAUSED for node in self.model.jobs().values()))
    @rule(data=st.data(), wrong=LATE)
    def resume(self, data: st.DataObject, wrong: bool) -> None:
        nodes = self.model.jobs().values()
        node = data.draw(st.sampled_from([node for node in nodes if wrong or node.state is JobState.PAUSED]))
        self.ask(self.store.unpause(node.id), lambda: self.model.unpause(node))

    @rule(
        name=GATES,
        paused=st.sampled_from([None, None, True, False]),
        concurrency=st.sampled_from([None, 0, 1, 2]),
    )
    def change_a_gate(self, name: GateName, paused: bool | None, concurrency: int | None) -> None:
        scope, key = name
        self.ask(
            self.store.change_gate(scope, key, paused=paused, concurrency=concurrency),  # type: ignore[arg-type]
            lambda: self.model.change_gate(name, paused, concurrency),
        )

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data(), priority=PRIORITIES)
    def set_priority(self, data: st.DataObject, priority: int) -> None:
        node = self.any_node(data)
        self.ask(self.store.set_priority(node.id, priority), lambda: self.model.set_priority(node, priority))

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """Which jobs are reopened is judged by what must and must not happen; then the model goes on from there."""
        node = self.any_node(data)
        before = {each.id: each.state for each in self.model.jobs().values()}
        below = {each.id for each in node.everything()}
        try:
            count = self.run(self.store.retry(node.id))
        except ConflictError:
            return
        reopened = self.adopt(before)
        assert count >= 1
        assert not node.run.state.final
        assert {job.id for job in reopened if job.kind is JobKind.CHILD} <= below
        for job in reopened:
            was_done = before[job.id] is JobState.COMPLETED
            assert not was_done or job.open_children or job.kind is JobKind.RUN

    def adopt(self, before: dict[int, JobState]) -> list[Node]:
        """Take over what the store made of reopened jobs; which these are."""
        stored = self.seen().jobs
        changed = [
            node for node in self.model.jobs().values() if stored[node.id].state is not before[node.id]
        ]
        for node in changed:
            state = stored[node.id].state
            waited = before[node.id] is JobState.WAITING  # its turn came meanwhile, or will never come
            assert before[node.id].final or waited
            assert not state.final or (waited and state is JobState.SKIPPED)
            self.model.reopened(node, state)
        return changed

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.model.runs))
        if not run.state.final:
            with pytest.raises(ConflictError):
                self.run(self.store.delete_run(run.id))
            return
        assert self.run(self.store.delete_run(run.id)) == len(list(run.everything()))
        self.model.runs.remove(run)
        self.claimed = [job for job in self.claimed if job.root_id != run.id]

    # Crashes

    @rule(data=st.data(), at=st.sampled_from(["COMMIT", "DELIVER"]))
    def crash(self, data: st.DataObject, at: str) -> None:
        """The process dies before its commit or right behind it, and another one goes on."""
        act = self.act_to_crash(data)
        self.fault.at, self.fault.hit = at, False
        try:
            self.run(act.work())
        except StoreError:
            assert self.fault.hit
        self.fault.at = ""
        self.reopen()
        if at == "DELIVER" or not self.fault.hit:
            act.apply()
        self.place.count_on("jobs", self.next_id)
        self.now = 0  # the new process has not seen what the old one saw
        self.time_is_seen()

    def act_to_crash(self, data: st.DataObject) -> Act:
        acts = {
            "fold": Act(self.store.fold, self.model.fold),
            "timeout": Act(self.store.fail_overdue, self.model.fail_overdue),
            "rescue": self.rescuing(),
            "launch": self.launching("limited"),
            "claim": Act(lambda: self.store.claim(TYPES, 2, LEASE_MS), self.adopt_claims),
        }
        if self.executing(JobKind.CHILD):
            acts["settle"] = self.settling(data, late=False)[1]
        for parent in self.executing(JobKind.PARENT):
            self.begin_to_plan(parent)
            acts["plan"] = self.planning(parent, "ab", last=True)
        for run in self.model.runs:
            if run.state is JobState.PAUSED:
                acts["resume"] = Act(partial(self.store.unpause, run.id), partial(self.model.unpause, run))
            elif not run.state.final:
                acts["pause"] = Act(partial(self.store.pause, run.id), partial(self.model.pause, run))
                acts["cancel"] = Act(partial(self.store.cancel, run.id), partial(self.model.cancel, run))
        return acts[data.draw(st.sampled_from(sorted(acts)))]

    def adopt_claims(self) -> None:
        """Nobody knows what the crashed process had claimed, but the store does."""
        nodes = self.model.jobs()
        claimed = [
            job
            for job in self.seen().jobs.values()
            if job.lease_owner is not None and nodes[job.id].lease != job.lease_number
        ]
        self.take_over_claims(claimed, 2, None)

    # What must hold

    def seen(self) -> Seen:
        return self.run(self.store.backend.read(look))

    @invariant()
    def the_store_is_as_the_model(self) -> None:
        seen, nodes = self.seen(), self.model.jobs()
        assert {job.id: (job.state, job.run_at, job.priority) for job in seen.jobs.values()} == {
            node.id: (node.state, node.run_at, node.priority) for node in nodes.values()
        }
        assert seen.times == {run.id: (run.deadline, run.paused_at) for run in self.model.runs}
        for node in nodes.values():
            if node.kind is not JobKind.CHILD:
                progress = seen.progress[node.id]
                assert progress.counts == node.progress
                assert progress.plan_closed == node.planned
                if node.limit is not None:
                    assert progress.slots == node.slots <= node.limit
                    assert progress.documents.total == sum(child.stored for child in node.children)
        assert seen.findings == ()

    def work_to_the_end(self) -> None:
        """With every lease lost, nothing held back, and every job done well from now on, all runs end."""
        set_back = max(0, self.now - self.clock.now_ms())  # no time passes until the clock is where it was
        self.clock.advance(set_back + 48 * HOUR_MS)
        self.let_everything_go_on()
        for _ in range(10 * (1 + len(self.model.jobs()))):
            if all(job.state.final for job in self.seen().jobs.values()):
                assert self.run(self.store.check()) == ()
                return
            self.clock.advance(LEASE_MS)
            self.run(self.store.rescue(MAX_LOST_LEASES + ALL))
            self.run(self.work_once())
        raise AssertionError("a run does not come to its end")

    def let_everything_go_on(self) -> None:
        for (scope, key), gate in self.model.gates.items():
            paused = False if gate.paused else None
            self.run(self.store.change_gate(scope, key, paused=paused, concurrency=0))  # type: ignore[arg-type]
        for job in self.seen().jobs.values():
            if job.state is JobState.PAUSED:
                self.run(self.store.unpause(job.id))

    async def work_once(self) -> None:
        await self.store.fold()
        jobs = (await self.store.claim(TYPES, ALL, LEASE_MS)).jobs
        for job in jobs:
            if job.kind is JobKind.PARENT:
                await self.store.begin_plan(job, self.limits_of(job))
                await self.store.add_planned(job, (), last=True)
        done = [job for job in jobs if job.kind is JobKind.CHILD]
        await self.store.settle([Settlement(job.id, job.lease_number, End.COMPLETED) for job in done])


def _settlement(job: Job, end: End, found: str, stores: bool, delay: int) -> Settlement:
    url = f"https://example.org/{job.parent_id}/{job.name}"
    document = NewDocument("test", url, url, job.name, "text", str(job.root_id))
    return Settlement(
        job.id,
        job.lease_number,
        end,
        documents=(document,) if stores else (),
        children=children(found),
        error_code=None if end is End.COMPLETED else "bad",
        delay_ms=delay,
    )


@pytest.mark.usefixtures("quick_deaths")
def test_the_store_does_what_the_model_does(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "LOOK_BACK_MS", 0)  # what one process puts back, another sees at once
    run_state_machine_as_test(
        lambda: JobTrees(place.name),  # type: ignore[arg-type]
        settings=settings(max_examples=trials(EXAMPLES[place.name]), stateful_step_count=30, deadline=None),
    )
