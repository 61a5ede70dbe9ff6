"""Builds the search index anew, in one transaction: searches see the old index until the new one is complete."""

from quaero.jobs.manager.reindex_manager import CHILD_TYPE
from quaero.jobs.worker import JobContext
from quaero.models.job import Job
from quaero.models.outcome import Outcome


class ReindexWorker:
    """Executes `reindex_batch` jobs: config {"dry_run": bool}."""

    worker_type = CHILD_TYPE

    def validate(self, job: Job) -> None:
        """Nothing to check: there is one kind of batch."""

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        count = await context.collection.count_documents()
        if job.config["dry_run"]:
            return Outcome(note=f"would index {count} documents")
        await context.collection.rebuild_index()
        context.log(f"indexed {count} documents")
        return Outcome(note=f"indexed {count} documents")

    async def close(self) -> None:
        """Nothing is held."""
