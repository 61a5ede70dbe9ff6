"""Control: the one door through which pages, API, CLI and assistants start, steer and look up jobs."""

from quaero.jobs.definition_reader import read_definition
from quaero.jobs.registry import Registry
from quaero.jobs.summary import RunSummary, summarise
from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError
from quaero.models.job import Job
from quaero.store.store import Store


class Control:
    """Over one store and the installed kinds of work. Plain look-ups go to `store`."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self.store, self._registry = store, registry

    def read(self, text: bytes | str, *, file: str) -> JobDefinition:
        """The definition in a TOML text, checked against the installed managers; see `read_definition`."""
        return read_definition(text, file=file, managers=self._registry.config_models)

    async def launch(self, definition: JobDefinition) -> int:
        """Start a run; its id. A definition that is switched off, or whose last run is still open, is a conflict."""
        if not definition.enabled:
            raise ConflictError(
                "the definition is switched off", where=definition.id, remedy="Set enabled = true"
            )
        open_run = await self.store.open_run(definition.id)
        if open_run is not None and not definition.overlap:
            raise ConflictError(
                f"run {open_run} of this definition has not ended",
                where=definition.id,
                remedy=f"Go on with it: quaero jobs resume {open_run}",
            )
        return await self.store.launch(definition)

    async def cancel(self, job_id: int) -> int:
        """Cancel a job with everything open below it; how many jobs that were."""
        return await self.store.cancel(job_id)

    async def retry(self, job_id: int) -> int:
        """Reopen the failed and cancelled jobs of a run, step or child; how many."""
        return await self.store.retry(job_id)

    async def delete(self, job_id: int) -> int:
        """Delete a run that has ended; its documents stay. How many jobs went."""
        return await self.store.delete_run(job_id)

    async def run_of(self, job_id: int) -> Job:
        """The run that a job belongs to."""
        job = await self.store.job(job_id)
        return await self.store.job(job.root_id)

    async def summary(self, run_id: int) -> RunSummary:
        return await summarise(self.store, run_id)
