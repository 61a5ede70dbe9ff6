"""The scheduler: starts the runs of planned times, and once per server start those of `auto_start`."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from quaero.jobs.agenda import UNREADABLE, Agenda, agenda
from quaero.jobs.loop import Loop
from quaero.jobs.machine_zone import machine_zone
from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError, DefinitionError, QuaeroError, StoreError
from quaero.store.clock import Clock, SystemClock
from quaero.store.reads import StoredDefinition
from quaero.store.store import Store
from quaero.store.transitions.launch import Launch
from quaero.store.transitions.schedules import Firing

LONGEST_SLEEP = 5.0
"""So soon a clock that somebody set is noticed, and what another process changed."""

SHORTEST_SLEEP = 0.2

_log = logging.getLogger(__name__)


class Definitions(Protocol):
    """What the scheduler needs of `Control`."""

    async def definitions(self, origin: str | None = None) -> tuple[StoredDefinition, ...]: ...

    async def launch_tree(self, definition: JobDefinition) -> Launch: ...


class Scheduler:
    """Any number of them may run on one store: each planned time is taken once, in one transaction.

    It goes by the machine's own time, which people set (`Clock.wall_ms`). A definition that cannot be started loses
    that one planned time, and its schedule says why; the others go on. A store that fails ends the loop.
    """

    def __init__(
        self,
        store: Store,
        control: Definitions,
        clock: Clock | None = None,
        zone: Callable[[], str] = machine_zone,
    ) -> None:
        self._store, self._control, self._zone = store, control, zone
        self._clock = clock or SystemClock()
        self._loop = Loop("schedule", self._step, interval=LONGEST_SLEEP)
        self._started = False
        self._shipped: list[JobDefinition] | None = None

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (self._loop,)

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def start_automatic(self) -> None:
        """Start what is to run once at the start of a server, unless a run of it is open."""
        system = [(each.id, each) for each in await self._system() if each.enabled and each.auto_start]
        for definition_id, definition in (*system, *await self._store.to_start()):
            if definition is None:
                _log.warning("not started with the server: %s: %s", definition_id, UNREADABLE)
                continue
            try:
                what = await self._control.launch_tree(definition)
                await self._store.launch(what, alone=True, launched_by="auto_start")
            except StoreError:
                raise
            except ConflictError as error:
                _log.info("not started with the server: %s", error.line())
            except Exception as error:  # noqa: BLE001 - one bad definition stops no other
                _log.warning("not started with the server: %s", _reason(definition_id, error))

    async def fire(self) -> int | None:
        """Start what is due, bring the schedules up to date; when to look again, in ms since 1970, None: whenever."""
        found = await self._look()
        if found.changes:
            await self._store.change_schedules(found.changes)
            found = await self._look()
        for firing, definition in found.due:
            await self._fire(firing, definition)
        return (await self._look()).next_at if found.due else found.next_at

    async def _step(self) -> float:
        if not self._started:
            self._started = True
            await self.start_automatic()
        next_at = await self.fire()
        if next_at is None:
            return LONGEST_SLEEP
        return min(max((next_at - self._clock.wall_ms()) / 1_000, SHORTEST_SLEEP), LONGEST_SLEEP)

    async def _look(self) -> Agenda:
        found = await self._store.scheduled(await self._system())
        return await asyncio.to_thread(agenda, found, self._clock.wall_ms(), self._zone)

    async def _system(self) -> list[JobDefinition]:
        """The definitions that ship with the program; they do not change while it runs."""
        if self._shipped is None:
            try:
                found = await self._control.definitions("system")
            except DefinitionError as error:  # a manager that they need is not installed
                _log.warning("the system definitions are not scheduled: %s", error.line())
                found = ()
            self._shipped = [stored.definition for stored in found]
        return self._shipped

    async def _fire(self, firing: Firing, definition: JobDefinition) -> None:
        try:
            await self._store.fire(firing, await self._control.launch_tree(definition))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one bad definition stops no other
            reason = _reason(firing.definition_id, error)
            _log.warning("not started by its schedule: %s", reason)
            await self._store.skip(firing, reason)


def _reason(definition_id: str, error: Exception) -> str:
    if isinstance(error, QuaeroError):
        return error.line()
    return f"{definition_id}: an unexpected error: {type(error).__name__}: {error}"
