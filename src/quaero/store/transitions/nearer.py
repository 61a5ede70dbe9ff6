"""Work that is found again nearer to the start: a limit on depth must not depend on which page came first."""

from collections.abc import Sequence

import msgspec

from quaero.models.job import ChildJob, JobState
from quaero.store.rows import to_json
from quaero.store.transaction import Transaction

BEFORE_ITS_WORK = frozenset({JobState.PENDING, JobState.PAUSED, JobState.WAITING})

MAY_HAVE_BEEN_CUT_OFF = frozenset({JobState.RUNNING, JobState.COMPLETED})


def move_nearer(tx: Transaction, parent_id: int, depth: int, known: Sequence[ChildJob]) -> list[ChildJob]:
    """Give known work its smaller depth; the children that must run again to be followed from there.

    Work that has not begun moves up. Work that runs or is complete may have been cut off by its greater depth, so
    it is spawned once more, under a name of its own for that depth. What failed found nothing to follow.
    """
    again: list[ChildJob] = []
    if not known:
        return again
    by_key = {child.dedupe_key: child for child in known}
    found = tx.rows("deeper_work", parent_id=parent_id, keys=to_json(list(by_key)), depth=depth)
    for key, job_id, state in found:
        child = by_key[key]
        if job_id is None:
            tx.rows(
                "lift_frontier", parent_id=parent_id, dedupe_key=key, depth=depth, priority=child.priority
            )
        elif JobState(state) in BEFORE_ITS_WORK:
            tx.rows("lift_job", id=job_id, depth=depth, priority=child.priority)
        elif JobState(state) in MAY_HAVE_BEEN_CUT_OFF:
            again.append(
                msgspec.structs.replace(child, dedupe_key=f"{key} from depth {depth}", nearest=False)
            )
    return again
