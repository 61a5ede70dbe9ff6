"""Where the waiting jobs of a parent begin, so that a claim need not search for the place.

A claimed job leaves its entry in the index until the next vacuum; a claim that begins at the start passes all of them:
with 500,000 claimed jobs that took longer than everything else.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from quaero.store.transaction import Row

READY: Final = "ready_jobs"

LOOK_BACK_MS: Final = 1_000
"""How long a job may be passed over that came to wait before the place, if nobody has told us of it."""

MOST_FRONTS: Final = 1_000

START: Final = {"from_priority": -(2**63), "from_run_at": -(2**63), "from_id": 0}


class Front(NamedTuple):
    """The first waiting job of a parent as last seen, and when all of them were looked at."""

    place: Mapping[str, int]
    looked_ms: int


class Fronts:
    """Remembers, for each parent with more waiting jobs than a claim takes, where they begin."""

    def __init__(self) -> None:
        self._fronts: dict[int, Front] = {}

    def ready(self, run: Callable[..., list[Row]], ticks: int, parameters: Mapping[str, Any]) -> list[Row]:
        """The rows of the statement `run(READY, ...)`; from the start if there are too few behind the front."""
        parent_id, limit = parameters["parent_id"], parameters["limit"]
        front = self._fronts.pop(parent_id, None)
        rows: list[Row] = []
        if front is not None and ticks < front.looked_ms + LOOK_BACK_MS:
            rows = run(READY, **parameters, **front.place)
        if len(rows) < limit:
            front = None
            rows = run(READY, **parameters, **START)
        if len(rows) == limit:
            self._remember(parent_id, rows[0], ticks if front is None else front.looked_ms)
        return [row[:-2] for row in rows]

    def forget(self) -> None:
        self._fronts.clear()

    def _remember(self, parent_id: int, row: Row, looked_ms: int) -> None:
        if len(self._fronts) >= MOST_FRONTS:
            self._fronts.clear()
        *_, priority, run_at = row
        place = {"from_priority": priority, "from_run_at": run_at, "from_id": row[0]}
        self._fronts[parent_id] = Front(place, looked_ms)
