"""Duties that one process has at a time, by a lease: watching over the parent jobs is one."""

from collections.abc import Sequence

import msgspec

from quaero.store.rows import to_json
from quaero.store.transaction import Change, Reader, Transaction

ORCHESTRATOR = "orchestrator"


class Holder(msgspec.Struct, frozen=True):
    """Who has a duty, and until when by the clock of leases."""

    owner: str
    until: int


def holder(reader: Reader, name: str) -> Holder | None:
    rows = reader.rows("get_duty", name=name)
    return Holder(*rows[0]) if rows else None


def holders(reader: Reader) -> dict[str, Holder]:
    """Who has had each duty last."""
    return {name: Holder(owner, until) for name, owner, until in reader.rows("list_duties")}


def take_duty(tx: Transaction, name: str, owner: str, lease_ms: int, dead_owners: Sequence[str]) -> bool:
    """Take or keep the duty: free, one's own, of a dead process, or under a lease that ran out. Whether it is ours."""
    taken = tx.rows(
        "take_duty",
        name=name,
        owner=owner,
        lease_until=tx.ticks + lease_ms,
        ticks=tx.ticks,
        dead_owners=to_json(dead_owners),
    )
    return bool(taken)


def has_duty(reader: Reader, name: str, owner: str) -> bool:
    held_by = holder(reader, name)
    return held_by is not None and held_by.owner == owner


def give_up_duties(tx: Transaction, owner: str) -> None:
    """Let others have them at once."""
    tx.rows("give_up_duties", owner=owner)
    tx.touch(Change.DECISION | Change.DUTY)
