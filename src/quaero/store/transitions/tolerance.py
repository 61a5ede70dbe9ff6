"""Error tolerance: what follows when too many children of a step have failed, at the failure that is one too many."""

from collections.abc import Iterable

from quaero.models.job import Job, JobState
from quaero.models.outcome import LogLevel
from quaero.models.progress import EndRule, Progress, crossed
from quaero.store.journal import Journal
from quaero.store.rows import end_rule_of, job_of, progress_of
from quaero.store.transaction import Transaction
from quaero.store.transitions.trees import close_tree


def apply_tolerance(tx: Transaction, journal: Journal, parent_ids: Iterable[int]) -> None:
    """End the parents whose tolerance is crossed by now, or put a warning on them; their counts are written first."""
    crossing = sorted(parent_ids)
    if crossing:
        journal.flush_counts()
    for parent_id in crossing:
        [row] = tx.rows("get_progress", job_id=parent_id)
        progress, rule = progress_of(row), end_rule_of(row)
        if crossed(progress, rule, plan_closed=bool(row[10])):
            parent = job_of(tx.rows("get_job", id=parent_id)[0])
            if not parent.state.final:
                _act(tx, journal, parent, progress, rule)


def _act(tx: Transaction, journal: Journal, parent: Job, progress: Progress, rule: EndRule) -> None:
    limit = f"{rule.max_percent}%" if rule.max_failures is None else str(rule.max_failures)
    text = f"{progress.failed} children failed, the tolerance is {limit}"
    if rule.action == "stop_all":
        close_tree(tx, journal, parent, JobState.FAILED, "error_tolerance", text)
    elif rule.action == "mark_warning" and tx.rows("warn_once", id=parent.id, note=f"warning: {text}"):
        tx.rows("add_log_line", job_id=parent.id, at=tx.now, level=LogLevel.WARNING, message=text)
