"""Control: the one door through which pages, API, CLI and assistants start, steer and look up jobs."""

from functools import cached_property

from quaero.jobs.registry import Registry
from quaero.jobs.summary import RunSummary, summarise
from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError
from quaero.models.job import Job
from quaero.store.reads import StoredDefinition
from quaero.store.store import Store


class Control:
    """Over one store and the installed kinds of work. Plain look-ups go to `store`."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self.store, self._registry = store, registry

    @cached_property
    def _system(self) -> dict[str, StoredDefinition]:
        from quaero.jobs.definitions.system import system_definitions  # noqa: PLC0415 - slow, and seldom needed

        return system_definitions(self._registry.config_models)

    def read(self, text: bytes | str, *, file: str) -> JobDefinition:
        """The definition in a TOML text, checked against the installed managers; see `read_definition`."""
        from quaero.jobs.definitions.reader import read_definition  # noqa: PLC0415 - slow, and seldom needed

        return read_definition(text, file=file, managers=self._registry.config_models)

    async def keep(self, definition: JobDefinition, *, source: str, origin: str = "user") -> None:
        """Store a definition under its id, in place of an earlier one. The ids of system definitions are taken.

        `source` is the text that it was read from; `origin` is "user", or "quick" for one made from options.
        """
        if definition.id in self._system:
            raise ConflictError(
                "this id belongs to a system definition", where=definition.id, remedy="Choose another"
            )
        await self.store.put_definition(definition, source=source, origin=origin)

    async def definition(self, definition_id: str) -> StoredDefinition:
        """A system definition or a stored one."""
        system = self._system.get(definition_id)
        return system or await self.store.definition(definition_id)

    async def definitions(self, origin: str | None = None) -> tuple[StoredDefinition, ...]:
        """All definitions, or those of one origin, by id."""
        system = self._system.values() if origin in (None, "system") else ()
        found = (*system, *await self.store.definitions(origin))
        return tuple(sorted(found, key=lambda stored: stored.definition.id))

    async def launch(self, definition: JobDefinition) -> int:
        """Start a run; its id. A definition that is switched off, or whose last run is still open, is a conflict."""
        if not definition.enabled:
            raise ConflictError(
                "the definition is switched off", where=definition.id, remedy="Set enabled = true"
            )
        return await self.store.launch(definition, alone=not definition.overlap)

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
