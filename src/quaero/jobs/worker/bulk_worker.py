"""Does one thing to a batch of jobs, one by one: each in a transaction of its own."""

import asyncio
from collections.abc import Awaitable, Sequence

import msgspec

from quaero.jobs.bulk import CHILD_TYPE
from quaero.jobs.manager.bulk_manager import BulkConfig
from quaero.jobs.worker import JobContext
from quaero.models.bulk import Operation, Tally, refusal
from quaero.models.errors import ConflictError, JobFailure, NotFoundError
from quaero.models.job import Job, JobKind, JobState
from quaero.models.outcome import LogLevel, Outcome
from quaero.store.reads import JobFilter

TOGETHER = 50
"""Child jobs that are changed at the same time, each in a transaction of its own."""


class BulkWorker:
    """Executes `bulk_batch` jobs: config {"jobs": [[id, state when it was planned], …]}."""

    worker_type = CHILD_TYPE

    def validate(self, job: Job) -> None:
        """`JobFailure` unless the config is what the bulk manager writes."""
        try:
            _planned(job)
        except (KeyError, TypeError, ValueError) as error:
            raise JobFailure(f"its jobs cannot be read ({error!r})", code="invalid_job") from None

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        batch = _Batch(context)
        await batch.apply_all(_planned(job))
        if batch.refused and batch.refused == len(job.config["jobs"]):
            raise JobFailure(f"all of these jobs refused: {batch.tally}", code="all_refused")
        return Outcome(note=str(batch.tally))

    async def close(self) -> None:
        """Nothing is held."""


def _planned(job: Job) -> list[tuple[int, JobState]]:
    return [(int(job_id), JobState(state)) for job_id, state in job.config["jobs"]]


class _Batch:
    """One batch while it is worked on."""

    def __init__(self, context: JobContext) -> None:
        config: BulkConfig = context.config
        self._context, self._control, self._config = context, context.control, config
        self._operation, self._wanted = config.operation, config.filter.to_filter()
        self._runs_wanted: dict[int, bool] = {}
        self.tally = Tally(config.operation)
        self.refused = 0

    async def apply_all(self, planned: Sequence[tuple[int, JobState]]) -> None:
        """Do it to all of them and count what came of each: to a run or step alone, to children some at a time."""
        children: list[tuple[Job, JobState]] = []
        for job_id, planned_state in planned:
            job = await self._look(job_id)
            if job is not None and job.kind is JobKind.CHILD:
                children.append((job, planned_state))
            if len(children) == TOGETHER or (job is not None and job.kind is not JobKind.CHILD):
                await self._apply_together(children)
            if job is not None and job.kind is not JobKind.CHILD:
                await self._apply(job, planned_state)
        await self._apply_together(children)

    async def _apply_together(self, children: list[tuple[Job, JobState]]) -> None:
        """They share a commit, which costs more than all they write."""
        await asyncio.gather(*(self._apply(job, planned_state) for job, planned_state in children))
        children.clear()

    async def _look(self, job_id: int) -> Job | None:
        try:
            return await self._control.store.job(job_id)
        except NotFoundError as error:
            self._gone(job_id, error)
            return None

    async def _apply(self, job: Job, planned_state: JobState) -> None:
        if self._operation.reached(job.state):
            # By this job before it was interrupted, together with what is above it, or by somebody else.
            self.tally.add(f"already {job.state}" if self._operation.reached(planned_state) else None)
        elif self._wanted.states is not None and job.state not in self._wanted.states:
            self._refuse(job.id, f"{job.state} by then", f"it is {job.state} now, and was {planned_state}")
        elif instead := await self._left_alone(job):
            self.tally.add(instead)
        else:
            await self._do(job)

    async def _do(self, job: Job) -> None:
        try:
            await self._action(job)
        except NotFoundError as error:
            self._gone(job.id, error)
        except ConflictError as error:
            now = await self._look(job.id)
            if now is None:
                return
            if self._operation.reached(now.state):  # a moment ago
                self.tally.add()
            else:
                self._refuse(job.id, refusal(self._operation, now.kind, now.state), error.line())
        else:
            self.tally.add()

    def _gone(self, job_id: int, error: NotFoundError) -> None:
        """A job that is not there: deleted by this job before it was interrupted, or by somebody else."""
        if self._operation is Operation.DELETE:
            self.tally.add()
        else:
            self._refuse(job_id, "no longer there", error.line())

    def _action(self, job: Job) -> Awaitable[object]:
        match self._operation:
            case Operation.CANCEL:
                return self._control.cancel(job.id)
            case Operation.RETRY:
                return self._control.retry(job.id)
            case Operation.DELETE:
                return self._control.delete(job.id, documents=self._config.documents)
            case Operation.PAUSE:
                return self._control.pause(job.id)
            case Operation.RESUME:
                return self._control.resume(job.id)
            case Operation.PRIORITY:
                return self._control.set_priority(job.id, self._config.priority)

    def _refuse(self, job_id: int, what: str, why: str) -> None:
        self.refused += 1
        self.tally.add(what)
        self._context.log(f"job {job_id}: {why}", LogLevel.WARNING)

    async def _left_alone(self, job: Job) -> str | None:
        """Why a job that could be changed shall not be: another one that matches stands for it."""
        if self._operation is Operation.RETRY and await self._below_is_wanted(job):
            return "left to the jobs below"
        if self._operation is Operation.PAUSE and await self._run_is_paused_with(job):
            return "paused with the run"
        return None

    async def _below_is_wanted(self, job: Job) -> bool:
        """To retry a run or step would reopen all that failed in it; where jobs in it match, exactly those shall be."""
        if job.kind is JobKind.CHILD or self._wanted.parent_id is not None:
            return False
        place = {"root_id": job.id} if job.kind is JobKind.RUN else {"parent_id": job.id}
        below: JobFilter = msgspec.structs.replace(self._wanted, **place)
        found = await self._control.store.job_states(below, limit=2)
        return any(job_id != job.id for job_id, _ in found)

    async def _run_is_paused_with(self, job: Job) -> bool:
        """A job of a run that is paused by the same operation goes on with its run, without being resumed itself."""
        if job.kind is JobKind.RUN or self._wanted.kind is not None:
            return False
        if job.root_id not in self._runs_wanted:
            run = await self._control.store.job(job.root_id)
            wanted = msgspec.structs.replace(self._wanted, root_id=run.id, kind=JobKind.RUN, states=None)
            matches = bool(await self._control.store.job_states(wanted, limit=1))
            self._runs_wanted[job.root_id] = matches and run.state is JobState.PAUSED
        return self._runs_wanted[job.root_id]
