"""Pruning: what is older than its retention goes, in short transactions beside running work."""

import time
from collections.abc import AsyncIterator, Callable

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
    versions: int = 0
    document_versions: int = 0
    answers: int = 0
    budgets: int = 0
    paces: int = 0
    audit: int = 0

    def __str__(self) -> str:
        """`2 runs, 40 events, 0 log lines`, and what else there is."""
        counts = {field.replace("_", " "): count for field, count in msgspec.structs.asdict(self).items()}
        always = ("runs", "events", "log lines")
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count or what in always)


async def prune(store: Store, keep: RetentionSettings) -> Pruned:
    """Delete what is older than its retention, in batches; of a run that goes as a whole, its events and log first."""
    limits = await _limits(store, keep)
    events = log_lines = runs = 0
    async for page in _pages(store, retention.old_events, limits.events):
        for run_id, _ in page:
            events += await _repeat(store, retention.prune_events, run_id, limits.events)
    async for page in _pages(store, retention.old_log_lines, limits.logs):
        job_ids = sorted({job_id for _, job_id in page})
        log_lines += await _write(store, retention.prune_log, job_ids, limits.logs)
    async for page in _pages(store, retention.old_runs, limits.runs):
        for (run_id,) in page:
            await _repeat(store, retention.prune_work_keys, run_id, limits.runs)
            for completed in (False, True):
                await _repeat(store, retention.prune_children, run_id, limits.runs, completed)
            runs += await _write(store, retention.prune_run, run_id, limits.runs) > 0
    return Pruned(
        runs,
        events,
        log_lines,
        await _repeat(store, retention.prune_versions, limits.versions),
        await _repeat(store, retention.prune_document_versions, limits.document_versions),
        await _repeat(store, retention.prune_answers, limits.answers),
        await _repeat(store, retention.prune_budgets, limits.budgets),
        await _repeat(store, retention.prune_paces, limits.budgets),
        await _repeat(store, retention.prune_audit, limits.audit),
    )


async def would_prune(store: Store, keep: RetentionSettings) -> Pruned:
    """What `prune` would delete; nothing is changed."""
    limits = await _limits(store, keep)
    read = store.backend.read
    return Pruned(
        sum([len(page) async for page in _pages(store, retention.old_runs, limits.runs)]),
        sum(
            [count async for page in _pages(store, retention.old_events, limits.events) for _, count in page]
        ),
        sum([len(page) async for page in _pages(store, retention.old_log_lines, limits.logs)]),
        await read(retention.count_old_versions, limits.versions),
        await read(retention.count_old_document_versions, limits.document_versions),
        *await read(retention.count_allowances, limits.answers, limits.budgets),
        await read(retention.count_old_audit, limits.audit),
    )


class _Limits(msgspec.Struct, frozen=True):
    """What ended, or was last used, then or earlier goes, in milliseconds since 1970; 0: nothing."""

    runs: int
    events: int
    logs: int
    versions: int
    document_versions: int
    answers: int
    budgets: int
    audit: int


async def _limits(store: Store, keep: RetentionSettings) -> _Limits:
    now = await store.backend.write(_now)

    def before(age_ms: int | None) -> int:
        return 0 if age_ms is None else max(0, now - age_ms)

    runs = before(keep.runs_ms)
    return _Limits(
        runs,
        max(runs, before(keep.events_ms)),
        max(runs, before(keep.logs_ms)),
        before(keep.versions_ms),
        before(keep.document_versions_ms),
        before(keep.answers_ms),
        before(keep.budgets_ms),
        before(keep.audit_ms),
    )


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
    while count := await _write(store, prune_batch, *arguments):
        total += count
    return total


async def _write(store: Store, prune_batch: Callable[..., int], *arguments: object) -> int:
    """Delete one batch, then let others write; how much that was."""
    began = time.monotonic()
    count = await store.backend.write(prune_batch, *arguments)
    if count:
        await store.backend.give_way(time.monotonic() - began)
    return count


def _now(tx: Transaction) -> int:
    return tx.now
