"""Whatever happens to jobs in whatever order: the store does what the model does, and every run comes to its end."""

import asyncio
import tempfile
from collections.abc import Coroutine, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from quaero.models.definition import ErrorTolerance
from quaero.models.document import NewDocument
from quaero.models.errors import ConflictError, LeaseLostError
from quaero.models.job import ChildJob, Job, JobKind, JobState, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.store.reads import JobFilter
from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.jobs.tree_model import Forest, Node
from tests.kit import script_definition, script_step

T = TypeVar("T")

LEASE_MS = 60_000
MAX_LOST_LEASES = 3
ALL = 1_000
MOST_RUNS = 2
TYPES = ("script", "scripted")

DEFINITIONS = (
    script_definition(script_step("only", max_documents=2)),
    script_definition(script_step("first"), script_step("second")),
    script_definition(script_step("first", on_error="continue", max_documents=3), script_step("second")),
    script_definition(
        script_step("first"),
        script_step("rescue", condition="on_failure"),
        script_step("always", condition="always"),
        error_tolerance=ErrorTolerance(max_child_failures=2),
    ),
)
RUNS = st.integers(0, len(DEFINITIONS) - 1)
KEYS = st.lists(st.sampled_from("abcdef"), max_size=4).map(tuple)
LATE = st.sampled_from([False, False, False, True])
DELAYS = st.sampled_from([0, 1_000])
ENDS = st.sampled_from([End.COMPLETED, End.COMPLETED, End.FAILED, End.RETRY, End.RELEASED])


def pages(keys: tuple[str, ...]) -> tuple[ChildJob, ...]:
    return tuple(ChildJob("scripted", key, {}, key) for key in keys)


class JobTrees(RuleBasedStateMachine):
    """One store, one model, and every claimed job with the lease number that it was claimed under."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.clock = SettableClock()
        self.model = Forest()
        self.claimed: list[Job] = []
        self.next_id = 1
        self.store = self.run(self.open())

    async def open(self) -> Store:
        return Store(SqliteBackend(Path(self.folder.name) / "test.db", clock=self.clock))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        try:
            self.work_to_the_end()
        finally:
            self.run(self.store.close())
            self.runner.close()
            self.folder.cleanup()

    def ids(self) -> Iterator[int]:
        """The ids of new jobs: the store counts up and never uses one again."""
        while True:
            self.next_id += 1
            yield self.next_id - 1

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

    # What can happen

    @initialize(number=RUNS, keys=KEYS, last=st.booleans())
    def begin(self, number: int, keys: tuple[str, ...], last: bool) -> None:
        """A run whose first step has children already: the interesting things happen to those."""
        self.launch(number)
        self.claim(1)
        self.plan(self.claimed[0], keys, last)

    @precondition(lambda self: len(self.model.runs) < MOST_RUNS)
    @rule(number=RUNS)
    def launch(self, number: int) -> None:
        definition = DEFINITIONS[number]
        run_id = self.run(self.store.launch(definition))
        assert run_id == self.next_id
        self.next_id += 1 + len(definition.steps)
        self.model.launch(run_id, definition)

    @precondition(lambda self: self.model.ready(self.clock.now_ms()))
    @rule(limit=st.integers(1, 5))
    def claim(self, limit: int) -> None:
        ready = self.model.ready(self.clock.now_ms())
        jobs = self.run(self.store.claim(TYPES, limit, LEASE_MS)).jobs
        assert len(jobs) == min(limit, len(ready))
        assert {job.id for job in jobs} <= {node.id for node in ready}
        for job in jobs:
            self.model.claim(self.model.jobs()[job.id], job.lease_number, self.clock.ticks_ms() + LEASE_MS)
        self.claimed += jobs

    @precondition(lambda self: self.executing(JobKind.PARENT))
    @rule(data=st.data(), late=LATE, keys=KEYS, last=st.booleans())
    def go_on_planning(self, data: st.DataObject, late: bool, keys: tuple[str, ...], last: bool) -> None:
        self.plan(data.draw(self.executions(JobKind.PARENT, late)), keys, last)

    def plan(self, parent: Job, keys: tuple[str, ...], last: bool) -> None:
        node = self.node(parent)
        try:
            self.run(self.store_plan(parent, keys, last))
        except LeaseLostError:
            assert node is None
        else:
            assert node is not None
            node.limit = self.limits_of(parent).max_documents
            self.model.plan(node, keys, self.ids(), last=last)

    async def store_plan(self, parent: Job, keys: tuple[str, ...], last: bool) -> None:
        await self.store.begin_plan(parent, self.limits_of(parent))
        await self.store.add_planned(parent, pages(keys), last=last)

    def limits_of(self, parent: Job) -> StepLimits:
        run = next(run for run in self.model.runs if run.id == parent.root_id)
        assert run.definition is not None
        [step] = [step for step in run.definition.steps if step.name == parent.name]
        return StepLimits(None, step.config.get("max_documents"))  # type: ignore[arg-type]

    @precondition(lambda self: self.executing(JobKind.PARENT))
    @rule(data=st.data(), late=LATE)
    def fail_the_plan(self, data: st.DataObject, late: bool) -> None:
        parent = data.draw(self.executions(JobKind.PARENT, late))
        node = self.node(parent)
        try:
            self.run(self.store.fail_plan(parent, "bad", "it cannot be planned"))
        except LeaseLostError:
            assert node is None
        else:
            assert node is not None
            self.model.close(node, JobState.FAILED, self.ids())

    @precondition(lambda self: self.executing(JobKind.CHILD))
    @rule(data=st.data(), late=LATE, end=ENDS, keys=KEYS, stores=st.booleans(), delay=DELAYS)
    def settle(
        self, data: st.DataObject, late: bool, end: End, keys: tuple[str, ...], stores: bool, delay: int
    ) -> None:
        job = data.draw(self.executions(JobKind.CHILD, late))
        node = self.node(job)
        url = f"https://example.org/{job.parent_id}/{job.name}"
        document = NewDocument("test", url, url, job.name, "text", str(job.root_id))
        settlement = Settlement(
            job.id,
            job.lease_number,
            end,
            documents=(document,) if stores else (),
            children=pages(keys),
            delay_ms=delay,
        )

        refused = self.run(self.store.settle([settlement]))

        assert refused == ([(job.id, job.lease_number)] if node is None else [])
        if node is not None:
            self.model.settle(node, end, keys, stores, self.clock.now_ms() + delay, self.ids())

    @precondition(lambda self: self.claimed)
    @rule(data=st.data())
    def heartbeat(self, data: st.DataObject) -> None:
        jobs = data.draw(st.lists(st.sampled_from(self.claimed), max_size=5, unique_by=lambda job: job.id))
        held = {job.id: node for job in jobs if (node := self.node(job)) is not None}

        kept = self.run(self.store.heartbeat([(job.id, job.lease_number) for job in jobs], LEASE_MS))

        assert kept == {(job.id, job.lease_number) for job in jobs if job.id in held}
        for node in held.values():
            node.until = self.clock.ticks_ms() + LEASE_MS

    @rule(milliseconds=st.sampled_from([1_000, LEASE_MS // 2, LEASE_MS]))
    def time_passes(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds)

    @rule()
    def rescue(self) -> None:
        self.run(self.store.rescue(MAX_LOST_LEASES))
        self.model.lose(self.clock.ticks_ms(), MAX_LOST_LEASES, self.ids())

    @rule()
    def fold(self) -> None:
        self.run(self.store.fold())
        self.model.fold(self.ids())

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        node = data.draw(st.sampled_from(list(self.model.jobs().values())))
        opened = sum(not below.state.final for below in node.everything())
        if node.state.final:
            with pytest.raises(ConflictError):
                self.run(self.store.cancel(node.id))
        else:
            assert self.run(self.store.cancel(node.id)) == opened
            self.model.close(node, JobState.CANCELLED, self.ids())

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """Which jobs are reopened is judged by what must and must not happen; then the model goes on from there."""
        node = data.draw(st.sampled_from(list(self.model.jobs().values())))
        before = {each.id: each.state for each in self.model.jobs().values()}
        below = {each.id for each in node.everything()}
        try:
            count = self.run(self.store.retry(node.id))
        except ConflictError:
            return
        run = next(run for run in self.model.runs if node in run.everything())
        reopened = self.adopt(before)
        assert count >= 1
        assert not run.state.final
        assert {job.id for job in reopened if job.kind is JobKind.CHILD} <= below
        for job in reopened:
            was_done = before[job.id] is JobState.COMPLETED
            assert not was_done or job.open_children or job.kind is JobKind.RUN

    def adopt(self, before: dict[int, JobState]) -> list[Node]:
        """Take over what the store made of reopened jobs; which these are."""
        stored = {job.id: job for job in self.stored_jobs()}
        changed = [
            node for node in self.model.jobs().values() if stored[node.id].state is not before[node.id]
        ]
        for node in changed:
            assert before[node.id].final or before[node.id] is JobState.WAITING  # whose turn came meanwhile
            assert not stored[node.id].state.final
            node.state, node.run_at, node.losses = stored[node.id].state, 0, Fraction(0)
        return changed

    @precondition(lambda self: any(run.state.final for run in self.model.runs))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from([run for run in self.model.runs if run.state.final]))
        assert self.run(self.store.delete_run(run.id)) == len(list(run.everything()))
        self.model.runs.remove(run)
        self.claimed = [job for job in self.claimed if job.root_id != run.id]

    # What must hold

    def stored_jobs(self) -> tuple[Job, ...]:
        return self.run(self.store.jobs(JobFilter(), limit=ALL)).items

    @invariant()
    def the_store_is_as_the_model(self) -> None:
        nodes = self.model.jobs()
        assert {job.id: job.state for job in self.stored_jobs()} == {
            node.id: node.state for node in nodes.values()
        }
        for node in nodes.values():
            if node.kind is not JobKind.CHILD:
                progress = self.run(self.store.progress(node.id))
                assert progress.counts == node.progress
                assert progress.plan_closed == node.planned
                if node.limit is not None:
                    assert progress.slots == node.slots <= node.limit
                    assert progress.documents.total == sum(child.stored for child in node.children)

    @invariant()
    def no_invariant_is_violated(self) -> None:
        assert self.run(self.store.check()) == ()

    def work_to_the_end(self) -> None:
        """With every lease lost and every job done well from now on, all runs end."""
        for _ in range(10 * (1 + len(self.model.jobs()))):
            if all(run.state.final for run in self.model.runs):
                return
            self.clock.advance(LEASE_MS)
            self.run(self.store.rescue(MAX_LOST_LEASES + ALL))
            self.run(self.work_once())
            for run in self.model.runs:
                run.state = self.run(self.store.job(run.id)).state
        raise AssertionError("a run does not come to its end")

    async def work_once(self) -> None:
        await self.store.fold()
        jobs = (await self.store.claim(TYPES, ALL, LEASE_MS)).jobs
        for job in jobs:
            if job.kind is JobKind.PARENT:
                await self.store_plan(job, (), True)
        children = [job for job in jobs if job.kind is JobKind.CHILD]
        await self.store.settle([Settlement(job.id, job.lease_number, End.COMPLETED) for job in children])


TestJobTrees = JobTrees.TestCase
TestJobTrees.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
