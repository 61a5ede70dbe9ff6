"""Where the waiting jobs of a parent begin, so that a claim need not search for the place.

A claimed job leaves its entry in the index until the next vacuum; a claim that begins at the start passes all of them:
with 500,000 claimed jobs that took longer than everything else.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from quaero.store.transaction import Answer, Row

READY: Final = "ready_jobs"

ADDS: Final = "insert_children"
"""What this statement brings may come before the front of its parent."""

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

    def ask(self, send: Callable[..., Answer], ticks: int, parameters: Mapping[str, Any]) -> Answer:
        """The rows of the statement `send(READY, ...)`; from the start if there are too few behind the front."""
        front = self._fronts.pop(parameters["parent_id"], None)
        if front is not None and ticks >= front.looked_ms + LOOK_BACK_MS:
            front = None
        answer = send(READY, **parameters, **(START if front is None else front.place))

        def rows() -> list[Row]:
            found, begun = answer(), front
            if begun is not None and len(found) < parameters["limit"]:
                found, begun = send(READY, **parameters, **START)(), None
            if len(found) == parameters["limit"]:
                looked_ms = ticks if begun is None else begun.looked_ms
                self._remember(parameters["parent_id"], found[0], looked_ms)
            return [row[:-2] for row in found]

        return rows

    def forget(self, parent_id: int | None = None) -> None:
        """Begin at the front again: of that parent, or of all."""
        if parent_id is None:
            self._fronts.clear()
        else:
            self._fronts.pop(parent_id, None)

    def _remember(self, parent_id: int, row: Row, looked_ms: int) -> None:
        if len(self._fronts) >= MOST_FRONTS:
            self._fronts.clear()
        *_, priority, run_at = row
        place = {"from_priority": priority, "from_run_at": run_at, "from_id": row[0]}
        self._fronts[parent_id] = Front(place, looked_ms)
