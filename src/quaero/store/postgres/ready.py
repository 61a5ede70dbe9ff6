"""Where the waiting jobs of a parent begin, so that a claim need not search for the place.

A claimed job leaves its entry in the index until the next vacuum; a claim that begins at the front passes all of them:
with 500,000 claimed jobs that took longer than everything else.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from quaero.store.transaction import Row

READY: Final = "ready_jobs"

LOOK_BACK_MS: Final = 1_000
"""How long a job may be passed over that came to wait before the place, if nobody has told us of it."""

MOST_MARKS: Final = 1_000

FRONT: Final = {"from_priority": -(2**63), "from_run_at": -(2**63), "from_id": 0}


class Mark(NamedTuple):
    """The first waiting job of a parent as last seen, and when all of them were looked at."""

    place: Mapping[str, int]
    looked_ms: int


class Marks:
    """Remembers, for each parent with more waiting jobs than a claim takes, where they begin."""

    def __init__(self) -> None:
        self._marks: dict[int, Mark] = {}

    def ready(self, run: Callable[..., list[Row]], ticks: int, parameters: Mapping[str, Any]) -> list[Row]:
        """The rows of the statement `run(READY, ...)`; from the front if there are too few behind the mark."""
        parent_id, limit = parameters["parent_id"], parameters["limit"]
        mark = self._marks.pop(parent_id, None)
        rows: list[Row] = []
        if mark is not None and ticks < mark.looked_ms + LOOK_BACK_MS:
            rows = run(READY, **parameters, **mark.place)
        if len(rows) < limit:
            mark = None
            rows = run(READY, **parameters, **FRONT)
        if len(rows) == limit:
            self._remember(parent_id, rows[0], ticks if mark is None else mark.looked_ms)
        return [row[:-2] for row in rows]

    def forget(self) -> None:
        self._marks.clear()

    def _remember(self, parent_id: int, row: Row, looked_ms: int) -> None:
        if len(self._marks) >= MOST_MARKS:
            self._marks.clear()
        *_, priority, run_at = row
        place = {"from_priority": priority, "from_run_at": run_at, "from_id": row[0]}
        self._marks[parent_id] = Mark(place, looked_ms)
