"""A small model of the job tree, with plain lists where the store has tables: what the state machine compares with.

It knows nothing of leases' owners, events, or SQL. The rules for the ends of steps and runs are those of
`quaero.models`, which have tests of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from quaero.models.definition import JobDefinition
from quaero.models.job import JobKind, JobState
from quaero.models.outcome import End
from quaero.models.progress import EndRule, Progress, conclude, crossed
from quaero.models.steps import conclude_run, next_moves

ENDS = {
    End.COMPLETED: JobState.COMPLETED,
    End.FAILED: JobState.FAILED,
    End.RETRY: JobState.PENDING,
    End.RELEASED: JobState.PENDING,
}


@dataclass(slots=True, eq=False)
class Node:
    """A job. `lease` is the number of the lease that holds, `until` its end; `stored`: it brought a document."""

    id: int
    kind: JobKind
    state: JobState
    parent: "Node | None" = None
    key: str = ""
    lease: int | None = None
    until: int = 0
    run_at: int = 0
    losses: Fraction = Fraction(0)
    stored: bool = False
    planned: bool = False
    limit: int | None = None
    definition: JobDefinition | None = None
    children: list["Node"] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    frontier: list[str] = field(default_factory=list)

    @property
    def open_children(self) -> list["Node"]:
        return [child for child in self.children if not child.state.final]

    @property
    def slots(self) -> int:
        """Held by open children and by those that brought a document."""
        return len(self.open_children) + sum(child.stored for child in self.children)

    @property
    def progress(self) -> Progress:
        states = [child.state for child in self.children]
        done = (JobState.RUNNING, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.SKIPPED)
        counts = [states.count(state) for state in done]
        return Progress(len(states), len(states) - sum(counts), *counts)

    def everything(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.everything()

    def end(self, state: JobState) -> None:
        self.state, self.lease = state, None
        if state is JobState.COMPLETED:
            self.seen -= set(self.frontier)
            self.frontier.clear()


class Forest:
    """All runs. Each method is one thing that can happen to them."""

    def __init__(self) -> None:
        self.runs: list[Node] = []

    def jobs(self) -> dict[int, Node]:
        return {node.id: node for run in self.runs for node in run.everything()}

    def launch(self, run_id: int, definition: JobDefinition) -> None:
        run = Node(run_id, JobKind.RUN, JobState.PENDING, definition=definition, planned=True)
        for number in range(1, len(definition.steps) + 1):
            run.children.append(Node(run_id + number, JobKind.PARENT, JobState.WAITING, run))
        self._take_turns(run)
        self.runs.append(run)

    def ready(self, now: int) -> list[Node]:
        """What may be claimed now: steps, and children of steps that run."""
        return [
            node
            for node in self.jobs().values()
            if node.parent is not None and node.state is JobState.PENDING and node.run_at <= now
            if node.kind is JobKind.PARENT or node.parent.state is JobState.RUNNING
        ]

    def claim(self, node: Node, lease: int, until: int) -> None:
        node.state, node.lease, node.until = JobState.RUNNING, lease, until
        if node.parent is not None and node.parent.kind is JobKind.RUN:
            node.parent.state = JobState.RUNNING

    def plan(self, step: Node, keys: Sequence[str], ids: Iterator[int], *, last: bool) -> None:
        self.spawn(step, keys, ids)
        if last:
            step.planned, step.lease = True, None

    def spawn(self, step: Node, keys: Sequence[str], ids: Iterator[int]) -> None:
        for key in keys:
            if key not in step.seen:
                step.seen.add(key)
                step.frontier.append(key)
        self.promote(step, ids)

    def promote(self, step: Node, ids: Iterator[int]) -> None:
        """As many of those that wait as there is room for become jobs."""
        while step.frontier and (step.limit is None or step.slots < step.limit):
            key = step.frontier.pop(0)
            step.children.append(Node(next(ids), JobKind.CHILD, JobState.PENDING, step, key))

    def settle(
        self, child: Node, end: End, keys: Sequence[str], stores: bool, run_at: int, ids: Iterator[int]
    ) -> None:
        assert child.parent is not None
        child.state, child.lease, child.run_at = ENDS[end], None, run_at
        if end is End.COMPLETED:
            child.stored = (
                True  # its slot comes back only after the children that it found have looked for one
            )
            self.spawn(child.parent, keys, ids)
            child.stored = stores
        self.promote(child.parent, ids)

    def lose(self, now: int, limit: int, ids: Iterator[int]) -> None:
        """Every lease that has run out is taken back; all were of one worker, so they share the suspicion."""
        lost = [
            node
            for node in sorted(self.jobs().values(), key=lambda node: node.id)
            if node.state is JobState.RUNNING and node.lease is not None and node.until <= now
        ]
        for node in lost:
            if node.state is JobState.RUNNING:
                node.losses += Fraction(1, len(lost))
                if node.losses < limit:
                    node.state, node.lease, node.run_at = JobState.PENDING, None, 1
                else:
                    self.close(node, JobState.FAILED, ids)

    def close(self, node: Node, state: JobState, ids: Iterator[int]) -> None:
        """End a job with everything that is open below it."""
        for child in node.open_children:
            for below in child.open_children:
                below.end(JobState.CANCELLED)
            child.end(JobState.CANCELLED)
        node.end(state)
        if node.kind is JobKind.CHILD and node.parent is not None:
            self.promote(node.parent, ids)

    def fold(self, ids: Iterator[int]) -> None:
        for run in self.runs:
            while not run.state.final and self._fold_once(run, ids):
                pass

    def _fold_once(self, run: Node, ids: Iterator[int]) -> bool:
        assert run.definition is not None
        for step in run.children:
            rule = EndRule.of(run.definition.error_tolerance)
            if step.state is not JobState.RUNNING:
                continue
            if crossed(step.progress, rule):
                self.close(step, JobState.FAILED, ids)
                return True
            if step.planned and not step.open_children:
                step.end(conclude(step.progress, rule))
                return True
        moved = self._take_turns(run)
        if all(step.state.final for step in run.children):
            run.end(conclude_run(run.definition, [step.state for step in run.children]))
        return moved

    def _take_turns(self, run: Node) -> bool:
        assert run.definition is not None
        moves = next_moves(run.definition, [step.state for step in run.children])
        for place, state in moves.items():
            step = run.children[place]
            goes_on = (
                step.planned and state is JobState.PENDING
            )  # a reopened one, with the children that it has
            step.state = JobState.RUNNING if goes_on else state
        return bool(moves)
