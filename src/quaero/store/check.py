"""The invariant checker: what must hold at every commit, asked of a real database."""

import msgspec

from quaero.store.transaction import Reader

CHECKS = {
    "check_counts": "I1",
    "check_terminal_moves": "I2",
    "check_early_ends": "I3",
    "check_hangs": "I4",
    "check_orphans": "I5",
    "check_work_keys": "I6",
    "check_slots": "I7",
    "check_leases": "I9",
    "check_times": "I10",
    "check_event_numbers": "I15",
    "check_end_events": "I15",
    "check_replay": "I16",
    "check_log_numbers": "I17",
    "check_frontier": "I21",
}
"""Statement by statement, the invariant that it checks. Each gives rows of (job id, what is wrong with it)."""


class Finding(msgspec.Struct, frozen=True):
    """A violated invariant: its number in the design, and what was found."""

    invariant: str
    text: str


def check(reader: Reader) -> tuple[Finding, ...]:
    """Every violation in the store; none if all is well."""
    return tuple(
        Finding(invariant, f"job {job_id}: {text}")
        for statement, invariant in CHECKS.items()
        for job_id, text in reader.rows(statement)
    )
