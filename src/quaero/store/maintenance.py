"""Maintenance of a store: each operation with its time and the size before and after, beside running work."""

import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from quaero.models.errors import UsageError
from quaero.models.maintenance import Maintained, Operation
from quaero.settings import RetentionSettings
from quaero.store.check import Finding
from quaero.store.pruning import prune
from quaero.store.rotation import back_up_into
from quaero.store.store import Store

NOT_HERE = "not made: a PostgreSQL database is backed up with pg_dump, or by the server's own archiving"


class Orders(msgspec.Struct, frozen=True):
    """How operations are to be done: what is kept how long, and the folder for backups with how many it keeps."""

    retention: RetentionSettings = RetentionSettings()
    backup_dir: Path | None = None
    keep: int = 1


class Done(msgspec.Struct, frozen=True):
    """What an operation did, in words. `problems`: what it could not do beside that. `findings`: what is damaged."""

    text: str
    problems: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


async def perform(store: Store, operation: Operation, orders: Orders) -> Maintained:
    """Do one operation, and note in the store what came of it."""
    return await _noted(store, operation, _OPERATIONS[operation](_Acts(store, orders)))


async def maintain(
    store: Store, keep: RetentionSettings, *, vacuum: bool = False
) -> AsyncIterator[Maintained]:
    """Do what needs no decision, one after the other, and tell of each.

    `vacuum`: also write the whole file anew; a `ConflictError`, before anything is done, while another process has the
    database open.
    """
    if vacuum:
        store.backend.require_alone()
    acts = _Acts(store, Orders(keep))
    yield await _noted(store, "prune", acts.prune())
    yield await _noted(store, "index", acts.merge())
    yield await _noted(store, "optimize", acts.optimize())
    if vacuum:
        yield await _noted(store, "vacuum", acts.write_anew())
    yield await _noted(store, "checkpoint", acts.checkpoint())


class _Acts:
    """All that can be done, one method each."""

    def __init__(self, store: Store, orders: Orders) -> None:
        self._store, self._backend, self._orders = store, store.backend, orders

    async def prune(self) -> Done:
        return Done(f"{await prune(self._store, self._orders.retention)} deleted")

    async def merge(self) -> Done:
        return Done("merged" if await self._backend.tidy_index() else "nothing to merge")

    async def optimize(self) -> Done:
        await self._backend.optimize()
        return Done("statistics are up to date")

    async def merge_and_optimize(self) -> Done:
        merged, optimized = await self.merge(), await self.optimize()
        return Done(f"full-text index: {merged.text}; {optimized.text}")

    async def analyze(self) -> Done:
        await self._backend.analyze()
        return Done("statistics gathered anew")

    async def reindex(self) -> Done:
        return Done(f"{await self._backend.reindex()} indexes built anew")

    async def give_back(self) -> Done:
        return Done(await self._backend.give_back())

    async def write_anew(self) -> Done:
        await self._backend.vacuum()
        return Done("written anew")

    async def checkpoint(self) -> Done:
        complete = await self._backend.checkpoint()
        if complete is None:
            return Done("the server does that by itself")
        return Done("write-ahead log emptied" if complete else "write-ahead log is in use, and stays for now")

    async def check(self) -> Done:
        found = await self._store.check()
        return Done(f"{len(found)} found" if found else "sound", findings=found)

    async def back_up(self) -> Done:
        folder, name = self._orders.backup_dir, self._backend.name_of_copies
        if folder is None:
            raise UsageError("there is no folder for backups", remedy="Name one: backup_dir")
        if name is None:
            return Done(NOT_HERE, problems=(NOT_HERE,))
        made = await back_up_into(self._store, folder, name, self._orders.keep)
        went = f", {made.removed} old ones removed" if made.removed else ""
        return Done(f"copied to {made.file}{went}", made.problems)


_OPERATIONS: Mapping[Operation, Callable[[_Acts], Coroutine[None, None, Done]]] = MappingProxyType(
    {
        Operation.VACUUM: _Acts.give_back,
        Operation.ANALYZE: _Acts.analyze,
        Operation.REINDEX: _Acts.reindex,
        Operation.OPTIMIZE: _Acts.merge_and_optimize,
        Operation.INTEGRITY_CHECK: _Acts.check,
        Operation.PRUNE: _Acts.prune,
        Operation.BACKUP: _Acts.back_up,
    }
)


async def _noted(store: Store, operation: str, act: Coroutine[None, None, Done]) -> Maintained:
    before, began = await _size(store), time.monotonic()
    done = await act
    seconds = time.monotonic() - began
    findings = tuple(f"{finding.invariant}: {finding.text}" for finding in done.findings)
    told = Maintained(operation, done.text, seconds, before, await _size(store), done.problems, findings)
    await store.note_maintained(told)
    return told


async def _size(store: Store) -> int:
    facts = await store.backend.facts()
    return int(facts["bytes"]) + int(facts.get("wal_bytes", 0))
