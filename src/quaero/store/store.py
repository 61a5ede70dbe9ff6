"""The store: every operation on jobs, definitions and documents, the same on each backend."""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from quaero.models.definition import JobDefinition
from quaero.models.document import Document, SearchHit
from quaero.models.errors import NotFoundError, StoreError
from quaero.models.event import Recorded
from quaero.models.feed_position import FeedPosition
from quaero.models.job import ChildJob, Job, JobState, StepLimits
from quaero.models.maintenance import Maintained
from quaero.models.outcome import LogLevel, Settlement
from quaero.search.query import Query
from quaero.secrets.sealed_credential import SealedCredential
from quaero.store import audit, document_reads, feed, job_lists, job_reads, reads
from quaero.store.backend import Backend
from quaero.store.check import Finding, check
from quaero.store.database_file import Progress
from quaero.store.document_reads import (
    DocumentOrigin,
    DocumentVersion,
    Facets,
    NewestPage,
    Place,
    facets_of,
)
from quaero.store.export import Exported, export
from quaero.store.feed import News
from quaero.store.figures import Figures, figures
from quaero.store.index_state import IndexState
from quaero.store.job_lists import ChildPage
from quaero.store.parked import ParkedClaim
from quaero.store.reads import (
    DefinitionVersion,
    DocumentFilter,
    DocumentPage,
    ErrorGroup,
    JobFilter,
    JobPage,
    LaunchInfo,
    LogFilter,
    ParentProgress,
    Preview,
    Process,
    QueuedType,
    RunInfo,
    SourceStats,
    StoredDefinition,
    StoredLine,
    Variable,
)
from quaero.store.rows import from_json, to_json
from quaero.store.transaction import Change, Reader, Row, Transaction
from quaero.store.transitions import (
    allowances,
    control,
    credentials,
    definitions,
    duties,
    leases,
    pause,
    plan,
    schedules,
    variables,
)
from quaero.store.transitions.claim import Claimed, ClaimRequest, claim
from quaero.store.transitions.credentials import StoredCredential
from quaero.store.transitions.definitions import Kept, NewDefinition
from quaero.store.transitions.fold import fail_overdue, fail_run, fold
from quaero.store.transitions.gates import Gate, GateScope, change_gate, gates
from quaero.store.transitions.launch import Launch, LaunchOptions, launch, run_of_request
from quaero.store.transitions.retry import retry
from quaero.store.transitions.schedules import Firing, Schedule, Scheduled
from quaero.store.transitions.settle import settle

SNAPSHOTS_KEPT = 256
RUNS_FOLDED_AT_ONCE = 64
FOLDED_WITHIN_SECONDS = 0.5
"""How long all others wait for a run that somebody holds up."""


class Store:
    """All of it over one backend. Every write returns after its commit is durable."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._snapshots: OrderedDict[int, JobDefinition] = OrderedDict()
        self._served: dict[int, int] = {}
        self._folding: dict[int, asyncio.Task[None]] = {}

    async def close(self) -> None:
        await self.backend.close()

    def on_change(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call the listener in the event loop after commits; the returned function ends that."""
        return self.backend.on_change(listener)

    # Runs

    async def launch(
        self,
        what: JobDefinition | Launch,
        *,
        alone: bool = False,
        key: str | None = None,
        request: str | None = None,
        run_at: int = 0,
        priority: int = 0,
        launched_by: str = "person",
        origin_id: int | None = None,
    ) -> int:
        """Start a run of the definition, with those before and after it; its id. See `LaunchOptions`."""
        options = LaunchOptions(
            alone=alone,
            key=key,
            request=request,
            run_at=run_at,
            priority=priority,
            launched_by=launched_by,
            origin_id=origin_id,
        )
        whole = what if isinstance(what, Launch) else Launch(what)
        return await self.backend.write(launch, whole, options)

    async def run_of_request(self, key: str, request: str) -> int | None:
        """The run that this request has launched with the key; `KeyReusedError` if another one has."""
        return await self.backend.read(run_of_request, key, request)

    async def open_run(self, definition_id: str) -> int | None:
        """The newest run of the definition that has not ended."""
        return await self.backend.read(reads.open_run, definition_id)

    async def cancel(self, job_id: int) -> int:
        """Cancel a job and everything open below it; how many jobs that were."""
        return await self.backend.write(control.cancel, job_id)

    async def retry(self, job_id: int) -> int:
        """Reopen the failed and cancelled jobs of a subtree; how many."""
        return await self.backend.write(retry, job_id, self._definition_of)

    async def delete_run(self, job_id: int, *, documents: bool = False) -> int:
        """Delete a run that has ended with its jobs, events and log lines (and documents); how many jobs."""
        self._snapshots.pop(job_id, None)
        return await self.backend.write(control.delete, job_id, documents)

    async def pause(self, job_id: int) -> None:
        """Hold back a run, or a job that is pending."""
        await self.backend.write(pause.pause, job_id)

    async def unpause(self, job_id: int) -> None:
        """Let a paused run or job go on."""
        await self.backend.write(pause.unpause, job_id)

    async def set_priority(self, job_id: int, priority: int) -> None:
        """Smaller goes first: a run among the runs, a step or child among its siblings."""
        await self.backend.write(control.set_priority, job_id, priority)

    async def change_gate(
        self, scope: GateScope, key: str, *, paused: bool | None = None, concurrency: int | None = None
    ) -> None:
        """Pause, resume or limit all jobs, or those of a definition, type or host; `concurrency` 0: no limit."""
        await self.backend.write(_change_gate, scope, key, paused, concurrency)

    async def gates(self) -> tuple[Gate, ...]:
        return await self.backend.read(gates)

    # The queue

    async def claim(
        self,
        types: Sequence[str],
        limit: int,
        lease_ms: int,
        root_id: int | None = None,
        *,
        suspect_from: float = 5.0,
    ) -> Claimed:
        """Take ready jobs of these types, of one run or of all, under new leases of this process."""
        request = self._request(types, limit, lease_ms, root_id, suspect_from)
        claimed = await self.backend.write(claim, request)
        self._served.update(claimed.served)
        return claimed

    def park_claim(
        self,
        types: Sequence[str],
        limit: int,
        lease_ms: int,
        root_id: int | None = None,
        *,
        suspect_from: float = 5.0,
    ) -> ParkedClaim:
        """The same claim, to be made by whoever makes work: see `plan_and_claim`."""
        return ParkedClaim(self._request(types, limit, lease_ms, root_id, suspect_from))

    def _request(
        self, types: Sequence[str], limit: int, lease_ms: int, root_id: int | None, suspect_from: float
    ) -> ClaimRequest:
        owner = self.backend.owner
        return ClaimRequest(owner, tuple(types), limit, lease_ms, root_id, self._served, suspect_from)

    async def heartbeat(self, held: Sequence[tuple[int, int]], lease_ms: int) -> set[tuple[int, int]]:
        """Extend leases, given as (job id, lease number); those that are still held."""
        return await self.backend.write(leases.heartbeat, held, lease_ms)

    async def add_log_line(self, job_id: int, level: LogLevel, message: str) -> None:
        """Add a line to the log of a job from outside of its execution."""
        await self.backend.write(_add_log_line, job_id, level, message)

    async def still_held(self, held: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
        """Those of the leases, given as (job id, lease number), that are still held; only looks."""
        return await self.backend.read(leases.still_held, held)

    async def settle(self, settlements: Sequence[Settlement]) -> list[tuple[int, int]]:
        """Record the ends of executions; the leases, as (job id, number), whose late results were refused."""
        return await self.backend.write(settle, settlements)

    async def rescue(self, max_lost_leases: int) -> int:
        """Return the jobs of dead workers and of expired leases to the queue; how many."""
        owners = await self.backend.read(_lease_owners)
        dead = await self.backend.dead(owners)
        if not await self.backend.read(leases.any_lost, dead, self.backend.clock.ticks_ms()):
            return 0
        return await self.backend.write(leases.rescue, dead, max_lost_leases)

    # Planning

    async def begin_plan(self, parent: Job, limits: StepLimits) -> int:
        """Set the limits of a parent job; how many children an interrupted planning already stored."""
        return await self.backend.write(plan.begin_plan, parent, limits)

    async def add_planned(self, parent: Job, children: Sequence[ChildJob], *, last: bool) -> None:
        """Store one chunk of a plan; the last one closes the plan."""
        await self.backend.write(plan.add_planned, parent, children, last)

    async def plan_and_claim(
        self, parent: Job, children: Sequence[ChildJob], *, last: bool, parked: ParkedClaim
    ) -> Claimed:
        """`add_planned` and a claim in one transaction; what was claimed. Nothing, if it was withdrawn meanwhile."""
        claimed = await self.backend.write(plan.plan_and_claim, parent, children, last, parked)
        self._served.update(claimed.served)
        return claimed

    async def fail_plan(self, parent: Job, code: str, error: str) -> None:
        """End a parent job whose planning failed for good."""
        await self.backend.write(plan.fail_plan, parent, code, error)

    # The orchestrator

    async def fold(self, *, on_duty: bool = False) -> bool:
        """Bring the parents whose children changed up to date. `on_duty`: only as the elected orchestrator.

        Whether this process was entitled to.
        """
        owner = self.backend.owner if on_duty else None
        while True:
            entitled, runs = await self.backend.read(_runs_to_fold, owner)
            if not entitled or not runs:
                return entitled
            for run_id in runs:
                if run_id not in self._folding:
                    self._folding[run_id] = asyncio.create_task(self._fold_run(run_id, owner))
            folded, held_up = await asyncio.wait(self._folding.values(), timeout=FOLDED_WITHIN_SECONDS)
            self._folding = {run_id: task for run_id, task in self._folding.items() if task in held_up}
            await asyncio.gather(*folded)
            if held_up:
                return entitled  # they end when nobody holds their runs any more

    async def _fold_run(self, run_id: int, owner: str | None) -> None:
        try:
            await self.backend.write(fold, run_id, self._definition_of, owner)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one run must not stop the others
            await self.backend.write(fail_run, run_id, error)

    async def something_to_decide(self) -> bool:
        """Whether the last child of a parent has ended, or a step of a run has changed."""
        return await self.backend.read(_something_to_decide)

    async def fail_overdue(self) -> None:
        """End the runs and steps whose timeout has passed."""
        await self.backend.write(fail_overdue)

    async def take_duty(self, name: str, lease_ms: int) -> bool:
        """Take or keep a duty that one process has at a time; whether it is this one's."""
        owner, ticks = self.backend.owner, self.backend.clock.ticks_ms()
        held = await self.backend.read(duties.holder, name)
        dead = await self.backend.dead([held.owner]) if held is not None and held.owner != owner else []
        if held is not None and not dead:
            if held.owner == owner and held.until - ticks > lease_ms / 2:
                return True  # no need to write it down again
            if held.owner != owner and held.until > ticks:
                return False
        return await self.backend.write(duties.take_duty, name, owner, lease_ms, dead)

    async def duties(self) -> dict[str, str]:
        """Who has which duty: owners of processes, by what they do for all."""
        held = await self.backend.read(duties.holders)
        ticks = self.backend.clock.ticks_ms()
        return {name: holder.owner for name, holder in held.items() if holder.until > ticks}

    async def is_watched(self) -> bool:
        """Whether some process watches over the parent jobs."""
        held = await self.backend.read(duties.holder, duties.ORCHESTRATOR)
        if held is None or held.until <= self.backend.clock.ticks_ms():
            return False
        return not await self.backend.dead([held.owner])

    async def register(
        self, role: str, types: Sequence[str], concurrency: int, root_id: int | None = None
    ) -> None:
        """Be listed among the processes that execute jobs, of one run or of all; again is a sign of life."""
        await self.backend.write(
            _put_process, self.backend.owner, role, self.backend.host, tuple(types), root_id, concurrency
        )

    async def sign_off(self) -> None:
        """Leave the list of processes and give up all duties."""
        await self.backend.write(_sign_off, self.backend.owner)

    async def processes(self) -> tuple[Process, ...]:
        """The processes that execute jobs; those that are known to be dead are left out."""
        found = await self.backend.read(reads.processes)
        dead = await self.backend.dead([process.owner for process in found])
        return tuple(process for process in found if process.owner not in dead)

    # Allowances

    async def take_turn(self, name: str, interval_ms: int) -> int:
        """When this process may ask, in milliseconds since 1970: turns of all processes are so far apart."""
        return await self.backend.write(allowances.take_turn, name, interval_ms)

    async def hold_off(self, name: str, pause_ms: int) -> None:
        """Give nobody a turn for so long."""
        await self.backend.write(allowances.hold_off, name, pause_ms)

    async def spend(self, name: str, amount: float, most: float | None = None) -> bool:
        """Spend an amount of a budget over all processes, unless that would be more than `most`; whether it was.

        A negative amount gives back.
        """
        return await self.backend.write(allowances.spend, name, amount, most)

    async def spent(self, name: str) -> float:
        return await self.backend.read(allowances.spent, name)

    async def answer(self, question: str, *, max_age_ms: int | None = None) -> str | None:
        """What was answered before, not longer ago than that; `question`: a hash of all that the answer depends on."""
        since = 0 if max_age_ms is None else self.backend.clock.now_ms() - max_age_ms
        return await self.backend.read(allowances.answer, question, since)

    async def keep_answer(self, question: str, value: str) -> None:
        await self.backend.write(allowances.keep_answer, question, value)

    # Looking

    async def job(self, job_id: int) -> Job:
        return await self.backend.read(reads.job, job_id)

    async def jobs(
        self, wanted: JobFilter, *, limit: int = 50, cursor: int | None = None, oldest_first: bool = False
    ) -> JobPage:
        """One page of the jobs, newest first. `oldest_first` needs a run or a parent in the filter."""
        return await self.backend.read(reads.jobs, wanted, limit, cursor, oldest_first)

    async def state_counts(self, wanted: JobFilter) -> dict[JobState, int]:
        """How many of the jobs are in which state; all states, whatever states are wanted."""
        return await self.backend.read(job_lists.state_counts, wanted)

    async def children(
        self,
        parent_id: int,
        *,
        states: Sequence[JobState] | None = None,
        after: int = 0,
        offset: int = 0,
        limit: int = 50,
    ) -> ChildPage:
        """The jobs right below a run or parent job with ids above `after`, without the first `offset` of these."""
        return await self.backend.read(job_lists.children, parent_id, states, after, offset, limit)

    async def job_states(
        self, wanted: JobFilter, *, after: int = 0, limit: int = 1_000
    ) -> list[tuple[int, JobState]]:
        """The ids above `after` of the jobs, smallest first, each with its state."""
        return await self.backend.read(reads.job_states, wanted, after, limit)

    async def preview(self, wanted: JobFilter, *, limit: int = 10) -> Preview:
        """How many jobs there are of this kind, with the first of them by id."""
        return await self.backend.read(reads.preview, wanted, limit)

    async def running(self, run_id: int, *, limit: int = 50) -> tuple[Job, ...]:
        """The child jobs of a run that are being executed, the longest first."""
        return await self.backend.read(reads.running, run_id, limit)

    async def progress(self, job_id: int) -> ParentProgress:
        return await self.backend.read(reads.progress, job_id)

    async def errors(self, parent_id: int) -> tuple[ErrorGroup, ...]:
        return await self.backend.read(reads.errors, parent_id)

    async def run(self, run_id: int) -> RunInfo:
        return await self.backend.read(reads.run, run_id)

    async def steps(self, run_ids: Sequence[int]) -> dict[int, tuple[job_reads.Step, ...]]:
        """The steps of each of the runs, in their order, with where they stand."""
        return await self.backend.read(job_reads.steps, run_ids)

    async def history(self, job_id: int, *, limit: int = 200) -> tuple[Recorded, ...]:
        """The newest events about a job, but for those that tell of progress; oldest first."""
        return await self.backend.read(job_reads.history, job_id, limit)

    async def groups(self, step_id: int) -> tuple[job_reads.Group, ...]:
        """How many children of a step there are by host, depth and state."""
        return await self.backend.read(job_reads.groups, step_id)

    async def timeline(self, run_id: int, *, since: int, span: int) -> tuple[job_reads.Span, ...]:
        """What happened to the children of a run in spans of so many milliseconds from `since` on."""
        return await self.backend.read(job_reads.timeline, run_id, since, span)

    async def saved_by(self, run_id: int, job_ids: Sequence[int]) -> dict[int, job_reads.SavedBy]:
        """The documents of jobs of a run, by the ids of the jobs; nothing of what a later run has seen again."""
        return await self.backend.read(job_reads.saved_by, run_id, job_ids)

    async def last_runs(self) -> dict[str, Job]:
        """The newest run of each definition that has one, by the definition's id."""
        return await self.backend.read(reads.last_runs)

    async def held_jobs(self, *, limit: int = 200) -> tuple[Job, ...]:
        """Jobs that some process has in its hands, those of one step together."""
        return await self.backend.read(reads.held_jobs, limit)

    async def chain(self, run_id: int) -> tuple[int, ...]:
        """The runs that were launched together with this one, by id, in the order in which they run."""
        return await self.backend.read(reads.chain, run_id)

    async def queued(self) -> tuple[QueuedType, ...]:
        """What is open, by type; runs themselves are left out."""
        return await self.backend.read(reads.queued, self.backend.clock.now_ms())

    async def launches(self, run_ids: Sequence[int]) -> dict[int, LaunchInfo]:
        """How runs came to be, by their ids."""
        return await self.backend.read(reads.launches, run_ids)

    async def pending_types(self, run_id: int) -> tuple[str, ...]:
        """The types among the jobs of a run that are next to be claimed."""
        return await self.backend.read(reads.pending_types, run_id)

    async def any_open_run(self) -> bool:
        """Whether a run has not ended, those left out that are paused."""
        return await self.backend.read(_any_open_run)

    async def events(self, root_id: int, *, after: int = 0, limit: int = 1_000) -> tuple[Recorded, ...]:
        """Events of a run with numbers above `after`, in order."""
        return await self.backend.read(reads.events, root_id, after, limit)

    async def feed_position(self) -> FeedPosition:
        """Where a reader of all runs is who wants what comes from now on."""
        return await self.backend.read(feed.feed_position, self.backend.clock.now_ms())

    async def position_in(self, run_ids: Sequence[int], whole: FeedPosition) -> FeedPosition:
        """What a position in all runs means for a reader of these alone; those that are gone are left out."""
        return await self.backend.read(feed.position_in, run_ids, whole)

    async def news(
        self,
        since: FeedPosition,
        until: FeedPosition | None = None,
        *,
        parents_only: bool = False,
        limit: int = 1_000,
    ) -> News:
        """The events after one position, up to another or all there are; see `store.feed`."""
        now = self.backend.clock.now_ms()
        return await self.backend.read(feed.news, since, until, now, parents_only, limit)

    async def log(
        self,
        job_id: int,
        *,
        levels: Sequence[LogLevel] | None = None,
        contains: str = "",
        after: int = 0,
        before: int | None = None,
        limit: int = 1_000,
        newest: bool = False,
    ) -> tuple[StoredLine, ...]:
        """Log lines of a job and of everything below it with ids between `after` and `before`, by id.

        `newest`: the last `limit` of them instead of the first.
        """
        wanted = LogFilter(job_id=job_id, levels=None if levels is None else tuple(levels), contains=contains)
        return await self.backend.read(reads.log, wanted, after, before, limit, newest)

    # Definitions

    async def import_definitions(
        self, new: Sequence[NewDefinition], *, replace_edited: bool = False
    ) -> tuple[Kept, ...]:
        """Keep definitions from files, all or none; a conflict with what was edited here unless `replace_edited`."""
        return await self.backend.write(definitions.import_definitions, new, replace_edited)

    async def edit_definition(self, new: NewDefinition, *, version: int) -> Kept:
        """Keep what a person wrote on top of this version; 0: as a new definition."""
        return await self.backend.write(definitions.edit_definition, new, version)

    async def switch_definition(self, definition_id: str, *, enabled: bool) -> Kept:
        """Allow new runs of a definition, or refuse them."""
        return await self.backend.write(definitions.switch_definition, definition_id, enabled)

    async def delete_definition(self, definition_id: str, *, version: int | None = None) -> None:
        """Delete a definition that has no open run; its versions, runs and documents stay. Or only at this version."""
        await self.backend.write(definitions.delete_definition, definition_id, version)

    async def definition_versions(
        self, definition_id: str, number: int | None = None
    ) -> tuple[DefinitionVersion, ...]:
        """What a definition was after each change, oldest first; also when it is deleted. Or just one version."""
        return await self.backend.read(reads.definition_versions, definition_id, number)

    async def definition(self, definition_id: str) -> StoredDefinition:
        return await self.backend.read(reads.definition, definition_id)

    async def definitions(self, origin: str | None = None) -> tuple[StoredDefinition, ...]:
        return await self.backend.read(reads.definitions, origin)

    # Schedules

    async def scheduled(self, system: Sequence[JobDefinition] = ()) -> tuple[Scheduled, ...]:
        """The definitions with a schedule, of the stored and the given ones, each with what is stored of it; by id."""
        return await self.backend.read(schedules.scheduled, system)

    async def to_start(self) -> tuple[tuple[str, JobDefinition | None], ...]:
        """The stored definitions that run once when a server starts, by id; None: it cannot be read."""
        return await self.backend.read(schedules.to_start)

    async def change_schedules(self, changes: Sequence[tuple[Schedule | None, Schedule | None]]) -> None:
        """Write schedules, each as (what was read, what it is now); those that others changed meanwhile stay."""
        await self.backend.write(schedules.change_schedules, changes)

    async def fire(self, firing: Firing, what: Launch) -> int | None:
        """Start the run of a planned time; its id, or None where none is to be started."""
        return await self.backend.write(schedules.fire, firing, what)

    async def skip(self, firing: Firing, error: str) -> None:
        """Give up a planned time whose run cannot be started, and say why."""
        await self.backend.write(schedules.skip, firing, error)

    # Variables

    async def variables(self) -> tuple[Variable, ...]:
        """All variables, by name."""
        return await self.backend.read(reads.variables, None)

    async def variable(self, name: str) -> Variable:
        for found in await self.backend.read(reads.variables, name.lower()):
            return found
        raise variables.unknown(name)

    async def set_variable(self, name: str, value: str) -> None:
        """Give a variable a value. The case of its name does not matter."""
        await self.backend.write(variables.set_variable, name, value)

    async def delete_variable(self, name: str) -> None:
        await self.backend.write(variables.delete_variable, name)

    # Credentials

    async def credentials(self) -> tuple[StoredCredential, ...]:
        """All credentials, sealed, by name."""
        return await self.backend.read(credentials.credentials)

    async def credential(self, name: str) -> StoredCredential:
        return await self.backend.read(credentials.credential, name)

    async def put_credential(self, new: SealedCredential, *, replace: bool = False) -> None:
        """Keep credentials under their name; a conflict when it is taken, unless `replace`."""
        await self.backend.write(credentials.put_credential, new, replace)

    async def delete_credential(self, name: str) -> None:
        await self.backend.write(credentials.delete_credential, name)

    # Documents

    async def document(self, document_id: int) -> Document:
        return await self.backend.read(reads.document, document_id)

    async def document_by_url(self, url: str) -> Document:
        return await self.backend.read(reads.document_by_url, url)

    async def matching_documents(
        self, wanted: DocumentFilter, *, limit: int, after: int | None = None
    ) -> tuple[Document, ...]:
        """Documents with ids above `after`, in the order of their ids, without counting them all."""
        return await self.backend.read(reads.matching_documents, wanted, limit, after)

    async def document_source(self, document_id: int) -> tuple[str, bytes] | None:
        """The media type and the compressed bytes of the original; None: it was not kept."""
        return await self.backend.read(reads.document_source, document_id)

    async def documents(
        self, wanted: DocumentFilter, *, limit: int = 50, cursor: int | None = None
    ) -> DocumentPage:
        """One page of the documents, in the order of their ids."""
        return await self.backend.read(reads.documents, wanted, limit, cursor)

    async def newest_documents(
        self, wanted: DocumentFilter, *, limit: int = 50, after: Place | None = None
    ) -> NewestPage:
        """One page of the documents, the last changed first; `after`: where the page before ended."""
        return await self.backend.read(document_reads.newest_documents, wanted, limit, after)

    async def document_facets(self, wanted: DocumentFilter) -> Facets:
        """How many documents there are of each kind, among the 10,000 newest that match."""
        return await self.backend.read(document_reads.document_facets, wanted, self.backend.clock.now_ms())

    async def document_sizes(self, ids: Sequence[int]) -> dict[int, int]:
        """Characters of Markdown, by document."""
        return await self.backend.read(document_reads.document_sizes, ids)

    async def document_origin(self, document_id: int) -> DocumentOrigin:
        return await self.backend.read(document_reads.document_origin, document_id)

    async def document_versions(self, document_id: int) -> tuple[DocumentVersion, ...]:
        """What a document is and was, the present version first, without the Markdown."""
        return await self.backend.read(document_reads.document_versions, document_id)

    async def document_version(self, document_id: int, number: int) -> DocumentVersion:
        """One version with its Markdown; `NotFoundError` when it is not kept."""
        return await self.backend.read(document_reads.document_version, document_id, number)

    async def document_stats(self) -> tuple[SourceStats, ...]:
        return await self.backend.read(reads.document_stats)

    async def tags(self) -> dict[str, int]:
        return await self.backend.read(reads.tags)

    async def delete_document(self, document_id: int) -> None:
        await self.backend.write(_delete_document, document_id)

    async def search(
        self, query: Query, *, limit: int = 10, offset: int = 0
    ) -> tuple[tuple[SearchHit, ...], int]:
        """The best matches and how many documents match in all."""
        return await self.backend.read(self.backend.search, query, limit, offset)

    async def search_facets(self, query: Query) -> Facets:
        """How many documents there are of each kind, among 10,000 that match."""
        return facets_of(
            await self.backend.read(
                self.backend.search_facets, query, document_reads.MOST_COUNTED, document_reads.MOST_VALUES
            )
        )

    async def next_documents(self, after: int, count: int) -> tuple[int, int] | None:
        """The first and the last id of so many documents with ids above `after`, or of fewer; None: there is none."""
        return await self.backend.read(_next_documents, after, count)

    async def begin_index(self) -> None:
        """Get ready to build the full-text index anew; see `Backend`."""
        await self.backend.begin_index()

    async def index_documents(self, after: int = 0, up_to: int | None = None) -> int:
        """Index the documents with ids above `after` up to `up_to`; how many that were. See `Backend`."""
        return await self.backend.index_documents(after, up_to)

    async def finish_index(self) -> int:
        """Index whatever is left and bring the new index into use; how many documents were left."""
        return await self.backend.finish_index()

    async def rebuild_index(self) -> None:
        """Build the full-text index anew from the documents; searches find everything meanwhile."""
        await self.begin_index()
        await self.index_documents()
        await self.finish_index()

    async def index_state(self) -> IndexState:
        """How well the full-text index fits the documents."""
        return await self.backend.index_state()

    # Health

    async def check(self) -> tuple[Finding, ...]:
        """Every violated invariant, and damage to the database itself; none if all is well."""
        damage = await self.backend.check_files()
        try:
            return (*damage, *await self.backend.read(check))
        except StoreError:
            if damage:
                return damage  # what is damaged cannot be asked further
            raise

    async def facts(self) -> dict[str, str | int]:
        """Where the database is, its version, its size."""
        return await self.backend.facts()

    async def back_up(
        self, target: Path, *, overwrite: bool = False, progress: Progress | None = None
    ) -> int:
        """Copy the store as it is now to a file; its size in bytes. `progress`: see `Backend.back_up`."""
        size = await self.backend.back_up(target, overwrite=overwrite, progress=progress or _untold)
        await self.note_upkeep("backup", str(target))
        return size

    async def export(self, take: Callable[[Exported], None]) -> int:
        """Give everything in the store to `take`, from one snapshot and off the event loop; how much that was."""
        return await self.backend.read(export, take, again=False)

    async def upkeep(self) -> dict[str, tuple[int, str]]:
        """When the store was last looked after: backup, restore, maintenance; each with a time and a text."""
        return {what: (at, text) for what, at, text in await self.backend.read(_upkeep)}

    async def note_upkeep(self, what: str, text: str) -> None:
        await self.backend.write(_note_upkeep, what, text)

    async def maintained(self) -> dict[str, dict[str, Any]]:
        """What came of the last time of each operation: at, seconds, bytes_before, bytes_after, text."""
        return await self.backend.read(_maintained)

    async def note_maintained(self, done: Maintained) -> None:
        await self.backend.write(_note_maintained, done)

    async def figures(self) -> Figures:
        """What is open, what has ended, how long that took; for whoever watches over the store."""
        return await self.backend.read(figures, self.backend.clock.now_ms())

    async def record_acts(self, acts: Sequence[audit.Act]) -> None:
        """Note what was changed through pages and API."""
        await self.backend.write(audit.record, acts)

    async def acts(self, *, limit: int = 50, cursor: int | None = None) -> audit.ActPage:
        """What was changed through pages and API, newest first."""
        return await self.backend.read(audit.acts, limit, cursor)

    def _definition_of(self, tx: Reader, root_id: int) -> JobDefinition:
        """The definition of a run as it was at launch; it never changes, so it is kept."""
        found = self._snapshots.get(root_id)
        if found is None:
            found = self._snapshots[root_id] = reads.run(tx, root_id).definition
            if len(self._snapshots) > SNAPSHOTS_KEPT:
                self._snapshots.popitem(last=False)
        return found


def _upkeep(reader: Reader) -> list[Row]:
    return reader.rows("get_upkeep")


def _note_upkeep(tx: Transaction, what: str, text: str) -> None:
    tx.rows("put_upkeep", what=what, at=tx.now, detail=text)


def _maintained(reader: Reader) -> dict[str, dict[str, Any]]:
    details = {what: detail for what, _, detail in reader.rows("get_upkeep")}
    kept: dict[str, dict[str, Any]] = from_json(details.get("maintenance") or "{}")
    return kept


def _note_maintained(tx: Transaction, done: Maintained) -> None:
    tx.hold("upkeep")
    kept = _maintained(tx)
    kept[done.operation] = {
        "at": tx.now,
        "seconds": round(done.seconds, 3),
        "bytes_before": done.bytes_before,
        "bytes_after": done.bytes_after,
        "text": done.text,
    }
    _note_upkeep(tx, "maintenance", to_json(kept))


def _untold(done: int, total: int) -> None:
    """For callers that do not want to know how far a copy is."""


def _lease_owners(reader: Reader) -> list[str]:
    return [owner for (owner,) in reader.rows("lease_owners")]


def _change_gate(
    tx: Transaction, scope: GateScope, key: str, paused: bool | None, concurrency: int | None
) -> None:
    change_gate(tx, scope, key, paused=paused, concurrency=concurrency)


def _add_log_line(tx: Transaction, job_id: int, level: LogLevel, message: str) -> None:
    tx.lock([job_id])
    tx.rows("add_log_line", job_id=job_id, at=tx.now, level=level, message=message)


def _any_open_run(reader: Reader) -> bool:
    return bool(reader.rows("any_open_run"))


def _runs_to_fold(reader: Reader, owner: str | None) -> tuple[bool, list[int]]:
    """Whether the process may fold (`owner`: as the orchestrator), and some of the runs that are to be folded."""
    entitled = owner is None or duties.has_duty(reader, duties.ORCHESTRATOR, owner)
    return entitled, [run_id for (run_id,) in reader.rows("dirty_runs", limit=RUNS_FOLDED_AT_ONCE)]


def _something_to_decide(reader: Reader) -> bool:
    return bool(reader.rows("parents_to_decide"))


def _put_process(
    tx: Transaction,
    owner: str,
    role: str,
    host: str,
    types: tuple[str, ...],
    root_id: int | None,
    concurrency: int,
) -> None:
    tx.rows(
        "put_process",
        owner=owner,
        role=role,
        host=host,
        pid=os.getpid(),
        version=version("quaero"),
        types=to_json(types),
        root_id=root_id,
        concurrency=concurrency,
        now=tx.now,
    )


def _sign_off(tx: Transaction, owner: str) -> None:
    tx.rows("delete_processes", owners=to_json([owner]))
    duties.give_up_duties(tx, owner)


def _next_documents(reader: Reader, after: int, count: int) -> tuple[int, int] | None:
    [(first, last)] = reader.rows("next_documents", after=after, count=count)
    return None if first is None else (first, last)


def _delete_document(tx: Transaction, document_id: int) -> None:
    if not tx.rows("delete_document", id=document_id):
        raise NotFoundError(f"there is no document {document_id}", remedy="See: quaero documents list")
