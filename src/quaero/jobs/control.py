"""Control: the one door through which pages, API, CLI and assistants start, steer and look up jobs."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from quaero.jobs.registry import Registry
from quaero.jobs.summary import RunSummary, summarise
from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError, NotFoundError, UsageError
from quaero.models.job import Job, JobKind
from quaero.settings import PlacesSettings, RetentionSettings
from quaero.store.reads import DefinitionVersion, StoredDefinition
from quaero.store.store import Store
from quaero.store.transitions.definitions import Kept, NewDefinition
from quaero.store.transitions.gates import GateScope
from quaero.store.transitions.launch import Launch

if TYPE_CHECKING:
    from quaero.jobs.credentials import Credentials
    from quaero.jobs.definitions.stored import Definitions


KEYS_OF_SCHEDULES = "schedule:"
KEYS_OF_REQUESTS = "http:"


class Control:
    """Over one store and the installed kinds of work. Plain look-ups go to `store`.

    `places`: for searches of places. `retention`: for how long things are kept.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        places: PlacesSettings = PlacesSettings(),  # noqa: B008 - frozen
        retention: RetentionSettings = RetentionSettings(),  # noqa: B008 - frozen
    ) -> None:
        self.store, self._registry, self.places, self.retention = store, registry, places, retention

    @cached_property
    def _definitions(self) -> "Definitions":
        from quaero.jobs.definitions.stored import Definitions  # noqa: PLC0415 - slow, and seldom needed

        return Definitions(self.store, self._registry)

    @cached_property
    def credentials(self) -> "Credentials":
        """The door to stored credentials."""
        from quaero.jobs.credentials import Credentials  # noqa: PLC0415 - seldom needed

        return Credentials(self.store)

    async def read(self, text: bytes | str, *, file: str) -> JobDefinition:
        """The definition in a TOML text, checked against the installed managers; see `read_definition`."""
        return await self._definitions.read(text, file=file)

    async def read_all(self, texts: Sequence[tuple[str, bytes]]) -> list[NewDefinition]:
        """The definitions in files, given as (name, content); `InvalidDefinition` with the complaints of all."""
        return await self._definitions.read_all(texts)

    async def keep(self, *new: NewDefinition, replace_edited: bool = False) -> tuple[Kept, ...]:
        """Store definitions under their ids, in place of earlier ones: all or none.

        A conflict where one was edited in the store (unless `replace_edited`), where definitions would run each other
        in a circle, and for the ids of system definitions.
        """
        return await self._definitions.keep(new, replace_edited=replace_edited)

    async def check_changeable(self, definition_id: str) -> None:
        """A conflict for the id of a system definition."""
        self._definitions.check_changeable(definition_id)

    async def create_definition(self, text: str) -> Kept:
        """Store a text as a new definition; a conflict where its id is taken."""
        return await self._definitions.create(text)

    async def edit_definition(self, text: str, *, definition_id: str, version: int) -> Kept:
        """Store a text that was edited on top of this version of the definition."""
        return await self._definitions.edit(text, definition_id=definition_id, version=version)

    async def switch_definition(self, definition_id: str, *, enabled: bool) -> Kept:
        """Allow new runs of a definition, or refuse them."""
        return await self._definitions.switch(definition_id, enabled=enabled)

    async def delete_definition(self, definition_id: str, *, version: int | None = None) -> None:
        """Delete a definition that has no open run; its history, runs and documents stay. Or only at this version."""
        await self._definitions.delete(definition_id, version=version)

    async def definition(self, definition_id: str) -> StoredDefinition:
        """A system definition or a stored one."""
        return await self._definitions.one(definition_id)

    async def definitions(self, origin: str | None = None) -> tuple[StoredDefinition, ...]:
        """All definitions, or those of one origin, by id."""
        return await self._definitions.all(origin)

    async def definition_history(
        self, definition_id: str, number: int | None = None
    ) -> tuple[DefinitionVersion, ...]:
        """What a definition was after each change, oldest first, or in one version."""
        return await self._definitions.history(definition_id, number)

    async def definition_text(self, stored: StoredDefinition) -> str:
        """A definition as TOML: as it was written, if that still says the same."""
        return await self._definitions.text(stored)

    async def unknown_names(self, definitions: Iterable[JobDefinition]) -> list[tuple[str, str]]:
        """Which definition, by id, names which id in pre_jobs or post_jobs that no definition has."""
        return await self._definitions.unknown_names(definitions)

    async def launch_tree(self, definition: JobDefinition) -> Launch:
        """The definition with all that run before and after it, each once; `ConflictError` if they cannot."""
        return await self._definitions.launch_tree(definition)

    async def launch(
        self,
        definition: JobDefinition,
        *,
        key: str | None = None,
        request: str | None = None,
        run_at: int = 0,
        priority: int = 0,
        launched_by: str = "person",
    ) -> int:
        """Start a run with those before and after it; its id. See `LaunchOptions`.

        A conflict: a definition that is switched off, or whose last run is still open, unless it allows overlap.
        """
        if key is not None and key.startswith(KEYS_OF_SCHEDULES):
            raise UsageError(f"launch keys that begin with {KEYS_OF_SCHEDULES} are those of schedules")
        if key is not None and request is None and key.startswith(KEYS_OF_REQUESTS):
            raise UsageError(f"launch keys that begin with {KEYS_OF_REQUESTS} are those of requests")
        return await self.store.launch(
            await self.launch_tree(definition),
            alone=not definition.overlap,
            key=key,
            request=request,
            run_at=run_at,
            priority=priority,
            launched_by=launched_by,
        )

    async def rerun(self, run_id: int, *, key: str | None = None, request: str | None = None) -> int:
        """Start a new run of the definition that a run was launched with, with those before and after it; its id."""
        run = await self.store.job(run_id)
        if run.kind is not JobKind.RUN:
            raise ConflictError(
                f"job {run_id} is part of run {run.root_id}",
                remedy=f"Rerun that: quaero jobs rerun {run.root_id}",
            )
        definition = (await self.store.run(run_id)).definition
        with suppress(NotFoundError):
            definition = replace(
                definition, enabled=(await self.definition(definition.id)).definition.enabled
            )
        return await self.store.launch(
            await self.launch_tree(definition),
            alone=not definition.overlap,
            key=key,
            request=request,
            priority=run.priority,
            launched_by="rerun",
            origin_id=run_id,
        )

    async def cancel(self, job_id: int) -> int:
        """Cancel a job with everything open below it; how many jobs that were."""
        return await self.store.cancel(job_id)

    async def retry(self, job_id: int) -> int:
        """Reopen the failed and cancelled jobs of a run, step or child; how many."""
        return await self.store.retry(job_id)

    async def delete(self, job_id: int, *, documents: bool = False) -> int:
        """Delete a run that has ended; its documents stay unless `documents`. How many jobs went."""
        return await self.store.delete_run(job_id, documents=documents)

    async def pause(self, job_id: int) -> None:
        """Hold back a run, or a job that is pending; what runs may finish."""
        await self.store.pause(job_id)

    async def resume(self, job_id: int) -> None:
        """Let a paused run or job go on."""
        await self.store.unpause(job_id)

    async def change_gate(
        self, scope: GateScope, key: str = "", *, paused: bool | None = None, concurrency: int | None = None
    ) -> None:
        """Pause, resume or limit everything, or a definition, type or host; `concurrency` 0: no limit."""
        await self.store.change_gate(scope, key, paused=paused, concurrency=concurrency)

    async def set_priority(self, job_id: int, priority: int) -> None:
        """Smaller goes first: a run among the runs, a step or child among its siblings."""
        await self.store.set_priority(job_id, priority)

    async def run_of(self, job_id: int) -> Job:
        """The run that a job belongs to."""
        job = await self.store.job(job_id)
        return await self.store.job(job.root_id)

    async def summary(self, run_id: int) -> RunSummary:
        return await summarise(self.store, run_id)
