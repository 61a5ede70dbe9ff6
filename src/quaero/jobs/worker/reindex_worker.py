"""Builds the search index anew, batch by batch: searches find everything meanwhile, and others write in between."""

from quaero.jobs.manager.reindex_manager import CHILD_TYPE, FINISH
from quaero.jobs.worker import JobContext
from quaero.models.errors import JobFailure
from quaero.models.job import Job, JobState
from quaero.models.outcome import Outcome
from quaero.store.reads import JobFilter


class ReindexWorker:
    """Executes `reindex_batch` jobs: config {"after": id, "up_to": id}, {"finish": true} or {"dry_run": true}."""

    worker_type = CHILD_TYPE

    def validate(self, job: Job) -> None:
        config = job.config
        if not (config.get("dry_run") or config.get("finish") or {"after", "up_to"} <= config.keys()):
            raise JobFailure("the job does not say what to index", code="invalid_job")

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        if job.config.get("dry_run"):
            return await _count(context)
        if job.config.get("finish"):
            return await _finish(context)
        if await _is_finished(job, context):
            return Outcome(note="the new index has these already")
        count = await context.collection.index_documents(job.config["after"], job.config["up_to"])
        return Outcome(note=f"indexed {_documents(count)}")

    async def close(self) -> None:
        """Nothing is held."""


async def _count(context: JobContext) -> Outcome:
    state = await context.collection.index_state()
    parts = [f"{state.missing} missing from the index", f"{state.stale} in it otherwise than they are"]
    text = f"would index {_documents(state.documents)}: {', '.join(parts)}"
    context.log(text)
    return Outcome(note=text)


async def _finish(context: JobContext) -> Outcome:
    """What was left are documents whose batch failed, or waits to be tried again."""
    left = await context.collection.finish_index()
    text = f"indexed {_documents(await context.collection.count_documents())}"
    context.log(f"{text}, {left} of them at the end" if left else text)
    return Outcome(note=text)


async def _is_finished(job: Job, context: JobContext) -> bool:
    """Whether the new index is in use: a batch that was tried again later than that would begin another one."""
    wanted = JobFilter(parent_id=job.parent_id, name_part=FINISH, states=(JobState.COMPLETED,))
    return bool((await context.control.store.jobs(wanted, limit=1)).items)


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"
