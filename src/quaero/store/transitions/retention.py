"""Retention: what is left of runs that ended long ago goes, in short transactions; open runs are never touched.

Each function takes `before`: only runs that ended then or earlier, in milliseconds since 1970. It is asked again in the
transaction that deletes, because a run may have been tried again meanwhile.
"""

from collections.abc import Sequence

from quaero.store.journal import Journal
from quaero.store.rows import to_json
from quaero.store.transaction import Reader, Row, Transaction
from quaero.store.transitions.control import delete

BATCH = 1_000
"""Rows that one transaction deletes, about."""


def old_runs(reader: Reader, before: int, after: int) -> list[Row]:
    """Up to a batch of runs to be deleted, with ids above `after`, as (id,)."""
    return reader.rows("old_runs", before=before, after=after, limit=BATCH)


def old_events(reader: Reader, before: int, after: int) -> list[Row]:
    """Up to a batch of runs with ids above `after` that still have events, as (id, how many)."""
    return reader.rows("old_events", before=before, after=after, limit=BATCH)


def old_log_lines(reader: Reader, before: int, after: int) -> list[Row]:
    """Up to a batch of log lines with ids above `after`, as (id, job id)."""
    return reader.rows("old_log_lines", before=before, after=after, limit=BATCH)


def prune_work_keys(tx: Transaction, run_id: int, before: int) -> int:
    """Forget a batch of what the run's steps have seen, before the jobs go that it names; how many."""
    return len(tx.rows("delete_work_keys", root_id=run_id, limit=BATCH)) if _is_old(tx, run_id, before) else 0


def prune_children(tx: Transaction, run_id: int, before: int, completed: bool) -> int:
    """Delete a batch of a run's child jobs, of those that completed or of the others; how many.

    The counts go with them, so that everything adds up if this is the last batch for a while. For the same reason the
    others go first: a step that completed never has failures alone.
    """
    if not _is_old(tx, run_id, before):
        return 0
    deleted = tx.rows("delete_children", root_id=run_id, completed=int(completed), limit=BATCH)
    journal = Journal(tx)
    for parent_id, state in deleted:
        journal.count(parent_id, total=-1, **{state: -1})
    journal.flush_counts()
    for parent_id in {parent_id for parent_id, _ in deleted}:
        tx.rows("clean_parent", job_id=parent_id)  # there is nothing to decide
    return len(deleted)


def prune_run(tx: Transaction, run_id: int, before: int) -> int:
    """Delete the run with everything in it, but not its documents; how many jobs that were."""
    return delete(tx, run_id) if _is_old(tx, run_id, before) else 0


def prune_events(tx: Transaction, run_id: int, before: int) -> int:
    """Delete a batch of a run's first events; how many. The numbers of the others stay."""
    tx.lock([run_id])
    pruned = tx.rows("prune_events", root_id=run_id, before=before, limit=BATCH)
    return len(tx.rows("delete_events", root_id=run_id, last=pruned[0][0])) if pruned else 0


def prune_log(tx: Transaction, job_ids: Sequence[int], before: int) -> int:
    """Delete the whole logs of these jobs; how many lines."""
    tx.lock(job_ids)
    return len(tx.rows("delete_log_lines", job_ids=to_json(job_ids), before=before))


def count_old_versions(reader: Reader, before: int) -> int:
    """How many versions of definitions were replaced then or earlier, and are not needed."""
    return int(reader.rows("count_old_versions", before=before)[0][0])


def prune_versions(tx: Transaction, before: int) -> int:
    """Forget a batch of what definitions were before they were changed; how many versions.

    What a definition is stays, and so does what its file last said: by that an edit is known.
    """
    tx.hold("definitions")
    return len(tx.rows("delete_old_versions", before=before, limit=BATCH))


def count_old_document_versions(reader: Reader, before: int) -> int:
    """How many versions of documents were replaced then or earlier."""
    return int(reader.rows("count_old_document_versions", before=before)[0][0])


def prune_document_versions(tx: Transaction, before: int) -> int:
    """Forget a batch of what documents were before they changed; how many versions."""
    return len(tx.rows("delete_old_document_versions", before=before, limit=BATCH // 10))


def count_allowances(reader: Reader, answers: int, budgets: int) -> tuple[int, int, int]:
    """How many answers were given, budgets spent from, and paces needed, before those times and not since."""
    [(old_answers, old_budgets, old_paces)] = reader.rows(
        "count_allowances", answers=answers, budgets=budgets
    )
    return old_answers, old_budgets, old_paces


def prune_answers(tx: Transaction, before: int) -> int:
    """Forget a batch of what services answered; how many answers."""
    return len(tx.rows("delete_answers", before=before, limit=BATCH))


def prune_budgets(tx: Transaction, before: int) -> int:
    """Forget a batch of what was spent; how many budgets."""
    return len(tx.rows("delete_budgets", before=before, limit=BATCH))


def prune_paces(tx: Transaction, before: int) -> int:
    """Forget a batch of the services that nobody has to wait for; how many."""
    return len(tx.rows("delete_paces", before=before, limit=BATCH))


def count_old_audit(reader: Reader, before: int) -> int:
    """How many changes were recorded before that time."""
    return int(reader.rows("count_audit", before=before)[0][0])


def prune_audit(tx: Transaction, before: int) -> int:
    """Forget a batch of what was changed long ago through pages and API; how many changes."""
    return len(tx.rows("delete_old_audit", before=before, limit=BATCH))


def _is_old(tx: Transaction, run_id: int, before: int) -> bool:
    tx.lock([run_id])
    return tx.rows("old_runs", before=before, after=run_id - 1, limit=1) == [(run_id,)]
