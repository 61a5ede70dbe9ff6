"""A job with what belongs to it, as the commands that look show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from quaero.jobs.summary import together
from quaero.models.job import Job, JobKind, JobState
from quaero.models.measures import seconds_text
from quaero.models.progress import Progress
from quaero.store.reads import LaunchInfo, ParentProgress, Process
from quaero.store.store import Store
from quaero.views.moments import now_ms


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run or step stands.

    `rate`: ended children per second, lately; `estimate_seconds`: until those known now have ended.
    """

    counts: Progress
    rate: float | None = None
    estimate_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class JobView:
    """`standing` is None for child jobs, `launch` for all but runs.

    `worker`: the living process that executes the job, or plans the step.
    """

    job: Job
    standing: Standing | None = None
    launch: LaunchInfo | None = None
    worker: Process | None = None

    @property
    def starts_at(self) -> int | None:
        """The time that the job waits for, if it waits for one."""
        waits = self.job.started_at is None and not self.job.state.final
        return self.job.run_at if waits and self.job.run_at > now_ms() else None

    def details(self) -> list[str]:
        """What is worth a word in a list."""
        found = [] if self.standing is None else standing_texts(self.standing)
        if self.starts_at is not None:
            found.append(f"starts in {seconds_text((self.starts_at - now_ms()) / 1000)}")
        if self.job.priority and self.job.kind is not JobKind.CHILD:  # of a child: its depth, mostly
            found.append(f"priority {self.job.priority}")
        if self.launch is not None and self.launch.launched_by != "person":
            served = f" of run {self.launch.origin_id}" if self.launch.origin_id else ""
            found.append(f"{self.launch.launched_by.replace('_', ' ')}{served}")
        return found


def standing_texts(standing: Standing) -> list[str]:
    """The counts, the rate, and what is left, as far as there is something to tell."""
    if not standing.counts.total:
        return []
    texts = [standing.counts.text]
    if standing.rate:
        texts.append(f"{standing.rate:.1f}/s")
    if standing.estimate_seconds:
        texts.append(f"about {seconds_text(standing.estimate_seconds)} for those known now")
    return texts


async def views_of(store: Store, jobs: Sequence[Job]) -> list[JobView]:
    """The jobs, in their order."""
    launches = await store.launches([job.id for job in jobs if job.kind is JobKind.RUN])
    workers, standings = await workers_of(store, jobs), await standings_of(store, jobs)
    return [JobView(job, standings.get(job.id), launches.get(job.id), workers.get(job.id)) for job in jobs]


async def view_of(store: Store, job_id: int) -> JobView:
    [view] = await views_of(store, [await store.job(job_id)])
    return view


async def workers_of(store: Store, jobs: Sequence[Job]) -> dict[int, Process]:
    """The living processes that have some of the jobs in their hands, by the ids of those."""
    held = {
        job.id: job.lease_owner
        for job in jobs
        if job.state is JobState.RUNNING and job.lease_owner is not None
    }
    present = {process.owner: process for process in await store.processes()} if held else {}
    return {job_id: present[owner] for job_id, owner in held.items() if owner in present}


async def standings_of(store: Store, jobs: Sequence[Job]) -> dict[int, Standing]:
    """Where runs and parent jobs stand, by their ids; child jobs stand nowhere."""
    runs = {job.id: job for job in jobs if job.kind is JobKind.RUN}
    parents = [job for job in jobs if job.kind is not JobKind.CHILD]
    steps = await store.steps(list({job.root_id for job in parents})) if parents else {}
    found = {}
    for job in parents:
        run = runs[job.root_id] = runs.get(job.root_id) or await store.job(job.root_id)
        own = [step for step in steps.get(run.id, ()) if job.id in (step.job.id, run.id)]
        found[job.id] = standing([(step.job, step.progress) for step in own], run)
    return found


def standing(steps: Sequence[tuple[Job, ParentProgress]], run: Job) -> Standing:
    """Steps of a run together. Nobody can tell how long those will take that have not begun."""
    counts = together([progress.counts for _, progress in steps])
    if run.state.final or run.state is JobState.PAUSED:
        return Standing(counts)
    still_open = [(step, progress) for step, progress in steps if not step.state.final]
    rates = [
        progress.rate for step, progress in still_open if step.state is JobState.RUNNING and progress.rate
    ]
    estimate = still_open[0][1].estimate_seconds if len(still_open) == 1 else None
    return Standing(counts, sum(rates) if rates else None, estimate)
