"""A small model of the job tree, with plain lists where the store has tables: what the state machine compares with.

It knows nothing of events or SQL. The rules for the ends of steps and runs, for their order and for error tolerance
are those of `quaero.models`, which have tests of their own.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from quaero.models.definition import JobDefinition
from quaero.models.job import ChildJob, JobKind, JobState
from quaero.models.outcome import End
from quaero.models.progress import EndRule, Progress, conclude, crossed
from quaero.models.steps import conclude_run, next_moves
from quaero.store.transitions.launch import Launch

ENDS = {
    End.COMPLETED: JobState.COMPLETED,
    End.FAILED: JobState.FAILED,
    End.RETRY: JobState.PENDING,
    End.RELEASED: JobState.PENDING,
}
CAN_BEGIN = (JobState.PENDING, JobState.RUNNING)

GateName = tuple[str, str]


class Refused(Exception):
    """A person asked for what cannot be done; nothing has changed."""


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """A job. `lease` is the number of the lease that holds, `until` its end; `stored`: it brought a document.

    Of a run: `needs` are the runs that it still waits for.
    """

    id: int
    kind: JobKind
    type: str
    state: JobState
    parent: "Node | None" = None
    key: str = ""
    host: str | None = None
    priority: int = 0
    run_at: int = 0
    lease: int | None = None
    owner: str = ""
    until: int = 0
    losses: Fraction = Fraction(0)
    stored: bool = False
    planned: bool = False
    limit: int | None = None
    concurrency: int | None = None
    timeout: int | None = None
    deadline: int | None = None
    paused_at: int | None = None
    started: bool = False
    launch_key: str | None = None
    definition: JobDefinition | None = None
    children: list["Node"] = field(default_factory=list)
    needs: list["Node"] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    frontier: list[ChildJob] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id} {self.key or self.type} {self.state}>"

    @property
    def run(self) -> "Node":
        return self if self.parent is None else self.parent.run

    @property
    def of(self) -> JobDefinition:
        """The definition of its run."""
        assert self.run.definition is not None
        return self.run.definition

    @property
    def open_children(self) -> list["Node"]:
        return [child for child in self.children if not child.state.final]

    @property
    def slots(self) -> int:
        """Held by open children and by those that brought a document."""
        return len(self.open_children) + sum(child.stored for child in self.children)

    @property
    def progress(self) -> Progress:
        states = Counter(child.state for child in self.children)
        done = (JobState.RUNNING, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.SKIPPED)
        counts = [states[state] for state in done]
        return Progress(len(self.children), len(self.children) - sum(counts), *counts)

    def everything(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.everything()

    def end(self, state: JobState) -> None:
        self.state, self.lease, self.deadline, self.paused_at = state, None, None, None
        if state is JobState.COMPLETED:
            self.seen -= {child.name for child in self.frontier}
            self.frontier.clear()


@dataclass(slots=True)
class Gate:
    concurrency: int | None = None
    paused: bool = False


class Forest:
    """All runs. Each method is one thing that can happen to them.

    `new_id` gives the ids of new jobs, `now` the time.
    """

    def __init__(self, new_id: Callable[[], int], now: Callable[[], int]) -> None:
        self.runs: list[Node] = []
        self.gates: dict[GateName, Gate] = {}
        self._new_id, self._now = new_id, now

    def jobs(self) -> dict[int, Node]:
        return {node.id: node for run in self.runs for node in run.everything()}

    # Launch

    def launch(
        self,
        what: Launch,
        *,
        alone: bool = False,
        key: str | None = None,
        run_at: int = 0,
        priority: int = 0,
    ) -> Node:
        for run in self.runs:
            if key is not None and run.launch_key == key:
                if run.of.id != what.definition.id:
                    raise Refused
                return run
        if alone and self._is_open(what.definition):
            raise Refused
        for each in (*what.before, *what.after):
            self._check_overlap(each)
        main, _ = self._launch_all(what, None, run_at, priority)
        main.launch_key = key
        return main

    def _check_overlap(self, what: Launch) -> None:
        if not what.definition.overlap and self._is_open(what.definition):
            raise Refused
        for each in (*what.before, *what.after):
            self._check_overlap(each)

    def _is_open(self, definition: JobDefinition) -> bool:
        return any(run.of.id == definition.id and not run.state.final for run in self.runs)

    def _launch_all(self, what: Launch, last: Node | None, run_at: int, priority: int) -> tuple[Node, Node]:
        waits = last is not None or bool(what.before)
        run = self._create_run(what.definition, JobState.WAITING if waits else JobState.PENDING)
        run.run_at, run.priority = run_at, priority
        for each in what.before:
            _, last = self._launch_all(each, last, run_at, priority)
        if last is not None:
            run.needs.append(last)
        last = run
        for each in what.after:
            _, last = self._launch_all(each, last, run_at, priority)
        return run, last

    def _create_run(self, definition: JobDefinition, state: JobState) -> Node:
        run = Node(self._new_id(), JobKind.RUN, definition.id, state, definition=definition, planned=True)
        run.timeout = definition.timeout_ms
        for step in definition.steps:
            node = Node(self._new_id(), JobKind.PARENT, step.action, JobState.WAITING, run, step.name)
            node.timeout = step.timeout_ms
            run.children.append(node)
        self._take_turns(run)
        self.runs.append(run)
        return run

    # The queue

    def ready(self, root: Node | None = None) -> list[Node]:
        """What may be claimed now but for the limits of gates: steps, and children of steps that run."""
        return [node for node in self.jobs().values() if self._is_ready(node) and root in (None, node.run)]

    def _is_ready(self, node: Node) -> bool:
        run, step, now = node.run, node.parent, self._now()
        if step is None or node.state is not JobState.PENDING or node.run_at > now or run.run_at > now:
            return False
        if run.state not in CAN_BEGIN or (node.kind is JobKind.CHILD and step.state is not JobState.RUNNING):
            return False
        return not any(self.gates.get(name, Gate()).paused for name in names(node))

    def is_full(self, node: Node, running: Sequence[Node]) -> bool:
        """Whether a limit lets no further job begin, beside those that run."""
        if node.kind is not JobKind.CHILD or node.parent is None:
            return False
        siblings = sum(other.parent is node.parent for other in running)
        if node.parent.concurrency is not None and siblings >= node.parent.concurrency:
            return True
        for name in names(node):
            limit = self.gates.get(name, Gate()).concurrency
            if limit is not None and sum(name in names(other) for other in running) >= limit:
                return True
        return False

    def running(self) -> list[Node]:
        """The child jobs that are executed."""
        return [
            node
            for node in self.jobs().values()
            if node.kind is JobKind.CHILD and node.state is JobState.RUNNING
        ]

    def next_time(self) -> int | None:
        """When something can be claimed that only waits for its time. What has no room is woken by who makes some."""
        now = self._now()
        times = [run.run_at for run in self.runs if run.state is JobState.PENDING and run.run_at > now]
        times += [
            node.run_at
            for node in self.jobs().values()
            if node.kind is JobKind.CHILD and node.state is JobState.PENDING and node.run_at > now
            if node.parent is not None and node.parent.state is JobState.RUNNING
            if node.run.state in CAN_BEGIN and node.run.run_at <= now and self._has_room(node.parent)
        ]
        return min(times, default=None)

    def _has_room(self, step: Node) -> bool:
        running = sum(child.state is JobState.RUNNING for child in step.children)
        return step.concurrency is None or running < step.concurrency

    def claim(self, node: Node, lease: int, until: int, owner: str) -> None:
        node.state, node.lease, node.until, node.owner = JobState.RUNNING, lease, until, owner
        if node.kind is JobKind.PARENT:
            run = node.run
            if run.state is JobState.PENDING:
                run.state, run.started = JobState.RUNNING, True
                self._start_deadline(run)
            self._start_deadline(node)

    def settle(self, ends: Sequence[tuple[Node, End, Sequence[ChildJob], bool, int]]) -> None:
        """Record ends, as (child, end, children found, whether it stores a document, when it is tried again)."""
        for child, end, _, _, run_at in ends:
            child.state, child.lease = ENDS[end], None
            child.run_at = child.run_at if child.state.final else run_at
            child.stored = (
                child.state.final
            )  # slots come back when all have looked for one for what they found
        for child, end, found, _, _ in ends:
            if end is End.COMPLETED:
                assert child.parent is not None
                self.spawn(child.parent, found)
        for child, end, _, stores, _ in ends:
            child.stored = end is End.COMPLETED and stores
        for child, end, *_ in ends:
            if end is End.FAILED and child.parent is not None:
                self.tolerate(child.parent)
        for child, *_ in ends:
            if child.parent is not None and child.state.final and not child.stored:
                self.promote(child.parent)

    def lose(self, ticks: int, alive: str, limit: int) -> None:
        """Leases that have run out and those of dead owners are taken back; those of one owner share the suspicion."""
        lost = [
            node
            for node in sorted(self.jobs().values(), key=lambda node: node.id)
            if node.state is JobState.RUNNING and node.lease is not None
            if node.until <= ticks or node.owner != alive
        ]
        owners = Counter(node.owner for node in lost)
        for node in lost:
            if node.state is JobState.RUNNING:
                node.losses += Fraction(1, owners[node.owner])
                if node.losses < limit:
                    node.state, node.lease, node.run_at = JobState.PENDING, None, 1
                else:
                    self.close(node, JobState.FAILED)
                    if node.kind is JobKind.CHILD and node.parent is not None:
                        self.tolerate(node.parent)

    # Planning

    def plan(self, step: Node, children: Sequence[ChildJob], *, last: bool) -> None:
        self.spawn(step, children)
        if last:
            step.planned, step.lease = True, None
            self.tolerate(step)  # which share of the children has failed is known only now

    def spawn(self, step: Node, children: Sequence[ChildJob]) -> None:
        """New work takes the slots that are free, in its order; the rest waits for one."""
        for child in children:
            if child.name not in step.seen:
                step.seen.add(child.name)
                if step.limit is None or step.slots < step.limit:
                    self._create_child(step, child)
                else:
                    step.frontier.append(child)

    def promote(self, step: Node) -> None:
        """As many of those that wait as there is room for become jobs, those of smaller priority first."""
        step.frontier.sort(key=lambda child: child.priority)
        while step.frontier and not step.state.final and (step.limit is None or step.slots < step.limit):
            self._create_child(step, step.frontier.pop(0))

    def _create_child(self, step: Node, child: ChildJob) -> None:
        node = Node(self._new_id(), JobKind.CHILD, child.type, JobState.PENDING, step, child.name, child.host)
        node.priority, node.run_at = child.priority, child.run_at
        step.children.append(node)

    # What people do

    def cancel(self, node: Node) -> int:
        if node.state.final:
            raise Refused
        count = sum(not below.state.final for below in node.everything())
        self.close(node, JobState.CANCELLED)
        return count

    def pause(self, node: Node) -> None:
        if node.state.final or node.state is JobState.PAUSED:
            raise Refused
        if node.kind is not JobKind.RUN and node.state is not JobState.PENDING:
            raise Refused
        node.state = JobState.PAUSED
        if node.kind is JobKind.RUN:
            node.paused_at = self._now()

    def unpause(self, node: Node) -> None:
        if node.state is not JobState.PAUSED:
            raise Refused
        if node.kind is not JobKind.RUN:
            node.state = JobState.PENDING
            return
        assert node.paused_at is not None
        pause = max(0, self._now() - node.paused_at)
        for each in (node, *node.children):
            if each.deadline is not None:
                each.deadline += pause
        begun = JobState.RUNNING if node.started else JobState.PENDING
        node.state, node.paused_at = JobState.WAITING if node.needs else begun, None

    def change_gate(self, name: GateName, paused: bool | None, concurrency: int | None) -> None:
        gate = self.gates.get(name, Gate())
        if paused is False and not gate.paused:
            raise Refused
        limit = gate.concurrency if concurrency is None else concurrency or None
        self.gates[name] = Gate(limit, gate.paused if paused is None else paused)
        if self.gates[name] == Gate():
            del self.gates[name]

    def set_priority(self, node: Node, priority: int) -> None:
        if node.state.final:
            raise Refused
        node.priority = priority

    def reopened(self, node: Node, state: JobState) -> None:
        """A retry has made this of the job."""
        was_final = node.state.final
        node.state, node.run_at, node.losses = state, 0, Fraction(0)
        if node.kind is JobKind.RUN:
            node.needs.clear()
            node.started = True
        if state is JobState.RUNNING and (was_final or node.kind is JobKind.PARENT):
            self._start_deadline(node)

    # The orchestrator

    def close(self, node: Node, state: JobState) -> None:
        """End a job with everything that is open below it."""
        for child in node.open_children:
            for below in child.open_children:
                below.end(JobState.CANCELLED)
            child.end(JobState.CANCELLED)
        self._end(node, state)
        if node.kind is JobKind.CHILD and node.parent is not None:
            self.promote(node.parent)

    def _end(self, node: Node, state: JobState) -> None:
        node.end(state)
        if node.kind is JobKind.RUN:
            self._tell_the_next(node)

    def _tell_the_next(self, run: Node) -> None:
        for other in self.runs:
            if run in other.needs and not other.state.final:
                if run.state is not JobState.COMPLETED:
                    self.close(other, JobState.CANCELLED)
                    continue
                other.needs.remove(run)
                if not other.needs and other.state is JobState.WAITING:
                    other.state = JobState.PENDING

    def tolerate(self, step: Node) -> None:
        """Stop the step if too many of its children have failed."""
        rule = EndRule.of(step.of.error_tolerance)
        if step.state.final or rule.action != "stop_all":
            return
        if crossed(step.progress, rule, plan_closed=step.planned):
            self.close(step, JobState.FAILED)

    def fail_overdue(self) -> None:
        for node in sorted(self.jobs().values(), key=lambda node: node.id):
            overdue = node.deadline is not None and node.deadline <= self._now()
            if overdue and node.run.state is not JobState.PAUSED:
                self.close(node, JobState.FAILED)

    def fold(self) -> None:
        """Whatever ends may be what another run waits for: until nothing changes any more."""
        while any(self._fold_once(run) for run in self.runs if not run.state.final):
            pass

    def _fold_once(self, run: Node) -> bool:
        for step in run.children:
            if step.state is JobState.RUNNING and step.planned and not step.open_children:
                step.end(conclude(step.progress, EndRule.of(step.of.error_tolerance)))
                return True
        moved = self._take_turns(run)
        if all(step.state.final for step in run.children):
            self._end(run, conclude_run(run.of, [step.state for step in run.children]))
            return True
        return moved

    def _take_turns(self, run: Node) -> bool:
        moves = next_moves(run.of, [step.state for step in run.children])
        for place, state in moves.items():
            step = run.children[place]
            goes_on = (
                step.planned and state is JobState.PENDING
            )  # a reopened one, with the children that it has
            step.state = JobState.RUNNING if goes_on else state
            if goes_on:
                self._start_deadline(step)
        return bool(moves)

    def _start_deadline(self, node: Node) -> None:
        """In a pause no time passes."""
        if node.timeout is not None and node.deadline is None:
            paused_at = node.run.paused_at
            node.deadline = (self._now() if paused_at is None else paused_at) + node.timeout


def names(node: Node) -> list[GateName]:
    """The gates that a job passes."""
    found = [("all", ""), ("definition", node.of.id), ("type", node.type)]
    return found if node.host is None else [*found, ("host", node.host)]
