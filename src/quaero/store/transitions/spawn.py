"""Children come into being here, whether a manager planned them or a worker found them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quaero.models.job import ChildJob
from quaero.store.journal import Journal
from quaero.store.rows import from_json, to_json
from quaero.store.transaction import Transaction
from quaero.store.transitions.nearer import move_nearer

Limits = tuple[int | None, int]
"""A parent's limit on documents, and how many of its slots are taken."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where children come from: their parent job, their depth, and the job that found them."""

    root_id: int
    parent_id: int
    depth: int
    discovered_by: int | None


def spawn(tx: Transaction, journal: Journal, origin: Origin, children: Sequence[ChildJob]) -> int:
    """Insert the children whose work the parent has not seen; how many are new.

    With a limit on documents each child takes a slot here, before its work starts; those beyond the limit wait in
    the frontier until a slot comes back.
    """
    count, inserted = begin_spawn(tx, journal, origin, children)
    inserted()
    return count


def begin_spawn(
    tx: Transaction,
    journal: Journal,
    origin: Origin,
    children: Sequence[ChildJob],
    limits: Limits | None = None,
) -> tuple[int, Callable[[], Sequence[int]]]:
    """`spawn`, but the children are only sent: who calls for the ids of the new jobs waits for them, and has to.

    `limits`: those of the parent, if they are known.
    """
    new = _unseen(tx, origin.parent_id, children)
    if len(new) < len(children):
        fresh = {child.dedupe_key for child in new}
        nearest = [child for child in children if child.nearest and child.dedupe_key not in fresh]
        new += _unseen(tx, origin.parent_id, move_nearer(tx, origin.parent_id, origin.depth, nearest))
    if not new:
        return 0, list
    room = take_slots(tx, origin.parent_id, len(new), limits)
    inserted = _insert_jobs(tx, journal, origin, new[:room])
    _insert_frontier(tx, origin, new[room:])
    return len(new), inserted


def _unseen(tx: Transaction, parent_id: int, children: Sequence[ChildJob]) -> list[ChildJob]:
    keyed = [child.dedupe_key for child in children if child.dedupe_key is not None]
    if not keyed:
        return list(children)
    unclaimed = {key for (key,) in tx.rows("insert_keys", parent_id=parent_id, keys=to_json(keyed))}
    new = []
    for child in children:
        if child.dedupe_key is None:
            new.append(child)
        elif child.dedupe_key in unclaimed:
            unclaimed.discard(child.dedupe_key)
            new.append(child)
    return new


def take_slots(tx: Transaction, parent_id: int, wanted: int, limits: Limits | None = None) -> int:
    """Take up to so many slots of the parent's limit on documents; how many there were (all, without a limit)."""
    limit, taken = limits or _limit(tx, parent_id)
    if limit is None:
        return wanted
    room = max(0, min(wanted, limit - taken))
    tx.rows("take_slots", parent_id=parent_id, count=room)
    return room


def _insert_jobs(
    tx: Transaction, journal: Journal, origin: Origin, children: Sequence[ChildJob]
) -> Callable[[], Sequence[int]]:
    """Send them; what it returns waits for their ids and records the rest."""
    if not children:
        return list
    rows = [
        (child.type, child.name, to_json(child.config), child.priority, child.host, child.run_at)
        for child in children
    ]
    inserted = tx.ask(
        "insert_children",
        root_id=origin.root_id,
        parent_id=origin.parent_id,
        depth=origin.depth,
        discovered_by=origin.discovered_by,
        children=to_json(rows),
        now=tx.now,
    )

    def record() -> Sequence[int]:
        ids = sorted(job_id for (job_id,) in inserted())  # given in the order of the children, told in any
        keys = [
            {"job_id": job_id, "parent_id": origin.parent_id, "dedupe_key": child.dedupe_key}
            for job_id, child in zip(ids, children, strict=True)
            if child.dedupe_key is not None
        ]
        if keys:
            tx.many("set_key_job", keys)
        named = [(job_id, child.name) for job_id, child in zip(ids, children, strict=True)]
        journal.spawned(named, origin.root_id, origin.parent_id, origin.depth, origin.discovered_by)
        return ids

    return record


def _insert_frontier(tx: Transaction, origin: Origin, children: Sequence[ChildJob]) -> None:
    if children:
        tx.many(
            "insert_frontier",
            [
                {
                    "parent_id": origin.parent_id,
                    "dedupe_key": child.dedupe_key or "",
                    "type": child.type,
                    "name": child.name,
                    "config": to_json(child.config),
                    "depth": origin.depth,
                    "priority": child.priority,
                    "host": child.host,
                    "run_at": child.run_at,
                    "discovered_by": origin.discovered_by,
                }
                for child in children
            ],
        )


def give_back(tx: Transaction, parent_id: int, count: int) -> bool:
    """Children ended without a document: their slots are free again. Whether the parent has a limit on documents."""
    limited = _limit(tx, parent_id)[0] is not None
    if limited:
        tx.rows("take_slots", parent_id=parent_id, count=-count)
    return limited


def promote(tx: Transaction, journal: Journal, root_id: int, parent_id: int) -> None:
    """Give the parent's free slots to the first children that wait in its frontier."""
    limit, taken = _limit(tx, parent_id)
    if limit is None or taken >= limit or not tx.rows("is_open", id=parent_id):
        return
    rows = tx.rows("take_from_frontier", parent_id=parent_id, limit=limit - taken)
    tx.rows("take_slots", parent_id=parent_id, count=len(rows))
    for _, key, type_, name, config, depth, priority, host, run_at, discovered_by in sorted(
        rows, key=lambda row: (row[6], row[0])
    ):
        child = ChildJob(type_, name, from_json(config), key or None, priority, host=host, run_at=run_at)
        _insert_jobs(tx, journal, Origin(root_id, parent_id, depth, discovered_by), [child])()


def _limit(tx: Transaction, parent_id: int) -> Limits:
    """The parent's limit on documents, and how many of its slots are taken."""
    [(limit, taken, _)] = tx.rows("parent_limits", parent_id=parent_id)
    return limit, taken
