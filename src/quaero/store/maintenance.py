"""Maintenance of a store: old things go, indexes are tidied, space is given back; beside running work."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from quaero.settings import RetentionSettings
from quaero.store.store import Store
from quaero.store.transaction import Reader, Row, Transaction
from quaero.store.transitions import retention


class Pruned(msgspec.Struct, frozen=True):
    """What was deleted, or would be."""

    runs: int = 0
    events: int = 0
    log_lines: int = 0


class Maintained(msgspec.Struct, frozen=True):
    """One operation: what it did, how long it took, and the size of the database with its log around it."""

    operation: str
    text: str
    seconds: float
    bytes_before: int
    bytes_after: int


async def maintain(
    store: Store, keep: RetentionSettings, *, vacuum: bool = False
) -> AsyncIterator[Maintained]:
    """Do one operation after the other, and tell of each.

    `vacuum`: also write the whole file anew; a `ConflictError`, before anything is done, while another process has the
    database open.
    """
    if vacuum:
        store.backend.require_alone()

    async def pruned() -> str:
        found = await prune(store, keep)
        return f"{found.runs} runs, {found.events} events, {found.log_lines} log lines deleted"

    async def merged() -> str:
        steps = await store.backend.tidy_index()
        return "merged" if steps else "nothing to merge"

    async def optimized() -> str:
        await store.backend.optimize()
        return "statistics are up to date"

    async def vacuumed() -> str:
        await store.backend.vacuum()
        return "written anew"

    async def checkpointed() -> str:
        complete = await store.backend.checkpoint()
        if complete is None:
            return "the server does that by itself"
        return "write-ahead log emptied" if complete else "write-ahead log is in use, and stays for now"

    operations = {"prune": pruned, "index": merged, "optimize": optimized}
    operations |= {"vacuum": vacuumed} if vacuum else {}
    operations |= {"checkpoint": checkpointed}
    for name, operation in operations.items():
        yield await _timed(store, name, operation)
    await store.note_upkeep("maintenance", "")


async def prune(store: Store, keep: RetentionSettings) -> Pruned:
    """Delete what is older than its retention, in batches; of a run that goes as a whole, its events and log first."""
    limits = await _limits(store, keep)
    events = log_lines = runs = 0
    async for page in _pages(store, retention.old_events, limits.events):
        for run_id, _ in page:
            events += await _repeat(store, retention.prune_events, run_id, limits.events)
    async for page in _pages(store, retention.old_log_lines, limits.logs):
        job_ids = sorted({job_id for _, job_id in page})
        log_lines += await store.backend.write(retention.prune_log, job_ids, limits.logs)
    async for page in _pages(store, retention.old_runs, limits.runs):
        for (run_id,) in page:
            await _repeat(store, retention.prune_work_keys, run_id, limits.runs)
            for completed in (False, True):
                await _repeat(store, retention.prune_children, run_id, limits.runs, completed)
            runs += await store.backend.write(retention.prune_run, run_id, limits.runs) > 0
    return Pruned(runs, events, log_lines)


async def would_prune(store: Store, keep: RetentionSettings) -> Pruned:
    """What `prune` would delete; nothing is changed."""
    limits = await _limits(store, keep)
    return Pruned(
        sum([len(page) async for page in _pages(store, retention.old_runs, limits.runs)]),
        sum(
            [count async for page in _pages(store, retention.old_events, limits.events) for _, count in page]
        ),
        sum([len(page) async for page in _pages(store, retention.old_log_lines, limits.logs)]),
    )


class _Limits(msgspec.Struct, frozen=True):
    """For runs, events and log lines: what ended then or earlier goes, in milliseconds since 1970; 0: nothing."""

    runs: int
    events: int
    logs: int


async def _limits(store: Store, keep: RetentionSettings) -> _Limits:
    now = await store.backend.write(_now)
    runs, events, logs = (
        0 if age is None else max(0, now - age) for age in (keep.runs_ms, keep.events_ms, keep.logs_ms)
    )
    return _Limits(runs, max(runs, events), max(runs, logs))


async def _pages(
    store: Store, question: Callable[[Reader, int, int], list[Row]], before: int
) -> AsyncIterator[list[Row]]:
    """What the question finds, page by page; the first column of its rows leads to the next page."""
    after = 0
    while page := await store.backend.read(question, before, after):
        after = page[-1][0]
        yield page


async def _repeat(store: Store, prune_batch: Callable[..., int], *arguments: object) -> int:
    """Delete batches, each in a transaction of its own, until nothing is left; how much that was."""
    total = 0
    while count := await store.backend.write(prune_batch, *arguments):
        total += count
    return total


async def _timed(store: Store, operation: str, act: Callable[[], Awaitable[str]]) -> Maintained:
    before, began = await _size(store), time.monotonic()
    text = await act()
    return Maintained(operation, text, time.monotonic() - began, before, await _size(store))


async def _size(store: Store) -> int:
    facts = await store.backend.facts()
    return int(facts["bytes"]) + int(facts.get("wal_bytes", 0))


def _now(tx: Transaction) -> int:
    return tx.now
