"""The store: every operation on jobs, definitions and documents, the same on each backend."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from quaero.models.definition import JobDefinition
from quaero.models.document import Document, SearchHit
from quaero.models.errors import NotFoundError
from quaero.models.event import Recorded
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import LogLevel, Settlement
from quaero.search.query import Query
from quaero.store import reads
from quaero.store.backend import Backend
from quaero.store.check import Finding, check
from quaero.store.reads import (
    DocumentFilter,
    DocumentPage,
    ErrorGroup,
    JobFilter,
    JobPage,
    ParentProgress,
    RunInfo,
    SourceStats,
    StoredDefinition,
    StoredLine,
)
from quaero.store.rows import to_json
from quaero.store.transaction import Change, Reader, Transaction
from quaero.store.transitions import control, leases, plan
from quaero.store.transitions.claim import Claimed, ClaimRequest, claim
from quaero.store.transitions.fold import fail_overdue, fold
from quaero.store.transitions.launch import launch
from quaero.store.transitions.settle import settle

SNAPSHOTS_KEPT = 256


class Store:
    """All of it over one backend. Every write returns after its commit is durable."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._snapshots: OrderedDict[int, JobDefinition] = OrderedDict()
        self._served = 0

    async def close(self) -> None:
        await self.backend.close()

    def on_change(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call the listener in the event loop after commits; the returned function ends that."""
        return self.backend.on_change(listener)

    # Runs

    async def launch(self, definition: JobDefinition, *, alone: bool = False) -> int:
        """Start a run of the definition; its id. `alone`: a conflict if another run of it is open."""
        return await self.backend.write(launch, definition, alone)

    async def open_run(self, definition_id: str) -> int | None:
        """The newest run of the definition that has not ended."""
        return await self.backend.read(reads.open_run, definition_id)

    async def cancel(self, job_id: int) -> int:
        """Cancel a job and everything open below it; how many jobs that were."""
        return await self.backend.write(control.cancel, job_id)

    async def retry(self, job_id: int) -> int:
        """Reopen the failed and cancelled jobs of a subtree; how many."""
        return await self.backend.write(control.retry, job_id, self._definition_of)

    async def delete_run(self, job_id: int) -> int:
        """Delete a run that has ended with its jobs, events and log lines; how many jobs."""
        self._snapshots.pop(job_id, None)
        return await self.backend.write(control.delete, job_id)

    # The queue

    async def claim(
        self, types: Sequence[str], limit: int, lease_ms: int, root_id: int | None = None
    ) -> Claimed:
        """Take ready jobs of these types, of one run or of all, under new leases of this process."""
        request = ClaimRequest(self.backend.owner, tuple(types), limit, lease_ms, root_id, self._served)
        claimed = await self.backend.write(claim, request)
        self._served = claimed.served
        return claimed

    async def heartbeat(self, held: Sequence[tuple[int, int]], lease_ms: int) -> set[tuple[int, int]]:
        """Extend leases, given as (job id, lease number); those that are still held."""
        return await self.backend.write(leases.heartbeat, held, lease_ms)

    async def settle(self, settlements: Sequence[Settlement]) -> list[tuple[int, int]]:
        """Record the ends of executions; the leases, as (job id, number), whose late results were refused."""
        return await self.backend.write(settle, settlements)

    async def rescue(self, max_lost_leases: int) -> int:
        """Return the jobs of dead workers and of expired leases to the queue; how many."""
        owners = await self.backend.read(_lease_owners)
        return await self.backend.write(leases.rescue, self.backend.dead(owners), max_lost_leases)

    # Planning

    async def begin_plan(self, parent: Job, limits: StepLimits) -> int:
        """Set the limits of a parent job; how many children an interrupted planning already stored."""
        return await self.backend.write(plan.begin_plan, parent, limits)

    async def add_planned(self, parent: Job, children: Sequence[ChildJob], *, last: bool) -> None:
        """Store one chunk of a plan; the last one closes the plan."""
        await self.backend.write(plan.add_planned, parent, children, last)

    async def fail_plan(self, parent: Job, code: str, error: str) -> None:
        """End a parent job whose planning failed for good."""
        await self.backend.write(plan.fail_plan, parent, code, error)

    # The orchestrator

    async def fold(self, root_id: int | None = None) -> None:
        """Bring the parents whose children changed up to date."""
        await self.backend.write(fold, self._definition_of, root_id)

    async def fail_overdue(self) -> None:
        """End the runs whose timeout has passed."""
        await self.backend.write(fail_overdue, self._definition_of)

    # Looking

    async def job(self, job_id: int) -> Job:
        return await self.backend.read(reads.job, job_id)

    async def jobs(
        self, wanted: JobFilter, *, limit: int = 50, cursor: int | None = None, oldest_first: bool = False
    ) -> JobPage:
        """One page of the jobs, newest first. `oldest_first` needs a run or a parent in the filter."""
        return await self.backend.read(reads.jobs, wanted, limit, cursor, oldest_first)

    async def running(self, run_id: int, *, limit: int = 50) -> tuple[Job, ...]:
        """The child jobs of a run that are being executed, the longest first."""
        return await self.backend.read(reads.running, run_id, limit)

    async def progress(self, job_id: int) -> ParentProgress:
        return await self.backend.read(reads.progress, job_id)

    async def errors(self, parent_id: int) -> tuple[ErrorGroup, ...]:
        return await self.backend.read(reads.errors, parent_id)

    async def run(self, run_id: int) -> RunInfo:
        return await self.backend.read(reads.run, run_id)

    async def events(self, root_id: int, *, after: int = 0, limit: int = 1_000) -> tuple[Recorded, ...]:
        """Events of a run with numbers above `after`, in order."""
        return await self.backend.read(reads.events, root_id, after, limit)

    async def log(
        self, job_id: int, *, levels: Sequence[LogLevel] | None = None, after: int = 0, limit: int = 1_000
    ) -> tuple[StoredLine, ...]:
        """Log lines of a job and of everything below it, in order."""
        return await self.backend.read(reads.log, job_id, levels, after, limit)

    # Definitions

    async def put_definition(self, definition: JobDefinition, *, source: str, origin: str) -> None:
        """Keep a definition under its id, in place of an earlier one."""
        await self.backend.write(_put_definition, definition, source, origin)

    async def definition(self, definition_id: str) -> StoredDefinition:
        return await self.backend.read(reads.definition, definition_id)

    async def definitions(self, origin: str | None = None) -> tuple[StoredDefinition, ...]:
        return await self.backend.read(reads.definitions, origin)

    # Documents

    async def document(self, document_id: int) -> Document:
        return await self.backend.read(reads.document, document_id)

    async def document_by_url(self, url: str) -> Document:
        return await self.backend.read(reads.document_by_url, url)

    async def documents(
        self, wanted: DocumentFilter, *, limit: int = 50, cursor: int | None = None
    ) -> DocumentPage:
        """One page of the documents, in the order of their ids."""
        return await self.backend.read(reads.documents, wanted, limit, cursor)

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

    async def rebuild_index(self) -> None:
        """Build the full-text index anew from the documents; searches see the old one until it is done."""
        await self.backend.write(_rebuild_index)

    # Health

    async def check(self) -> tuple[Finding, ...]:
        """Every violated invariant, and damage to the database itself; none if all is well."""
        return (*await self.backend.check_files(), *await self.backend.read(check))

    async def facts(self) -> dict[str, str | int]:
        """Where the database is, its version, its size."""
        return await self.backend.facts()

    def _definition_of(self, tx: Reader, root_id: int) -> JobDefinition:
        """The definition of a run as it was at launch; it never changes, so it is kept."""
        found = self._snapshots.get(root_id)
        if found is None:
            found = self._snapshots[root_id] = reads.run(tx, root_id).definition
            if len(self._snapshots) > SNAPSHOTS_KEPT:
                self._snapshots.popitem(last=False)
        return found


def _lease_owners(reader: Reader) -> list[str]:
    return [owner for (owner,) in reader.rows("lease_owners")]


def _put_definition(tx: Transaction, definition: JobDefinition, source: str, origin: str) -> None:
    tx.rows(
        "put_definition",
        id=definition.id,
        body=to_json(definition.to_json()),
        source=source,
        origin=origin,
        enabled=int(definition.enabled),
        now=tx.now,
    )


def _delete_document(tx: Transaction, document_id: int) -> None:
    if not tx.rows("delete_document", id=document_id):
        raise NotFoundError(f"there is no document {document_id}", remedy="See: quaero documents list")


def _rebuild_index(tx: Transaction) -> None:
    tx.rows("rebuild_index")
