"""How far a reader of events is: `12.340-15.77` for chosen runs, `900~12.340` for all of them."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final

import msgspec

MOST_NAMED: Final = 300
"""More runs than that make a position that nobody could carry."""
NOWHERE: Final = "~"
"""A position to which nobody can return: too many runs are open."""

_TEXT = re.compile(r"(?:([0-9]{1,18})~)?((?:[0-9]{1,18}\.[0-9]{1,18}(?:-[0-9]{1,18}\.[0-9]{1,18})*)?)")


class RunNews(msgspec.Struct, frozen=True):
    """What a feed must know of a run. The events up to `pruned` are gone; `reopened` counts how often it was."""

    run_id: int
    last_event: int
    pruned: int
    final: bool
    reopened: int
    created_at: int


class FeedPosition(msgspec.Struct, frozen=True):
    """The number of the last event seen, by run.

    `mark` (None: only the named runs are followed): runs up to this id that are not named had ended for the first time
    and had nothing new; larger ones that are not named did not exist.
    """

    mark: int | None
    named: Mapping[int, int]

    @property
    def text(self) -> str:
        """As `parse_position` reads it."""
        if len(self.named) > MOST_NAMED:
            return NOWHERE
        head = "" if self.mark is None else f"{self.mark}~"
        return head + "-".join(f"{run_id}.{number}" for run_id, number in self.named.items())

    def without(self, run_ids: Collection[int]) -> "FeedPosition":
        """The same, when these runs are gone."""
        left = {run_id: number for run_id, number in self.named.items() if run_id not in run_ids}
        return FeedPosition(self.mark, left)

    def reached(self, run: RunNews, first_end: Callable[[], int]) -> int:
        """The number up to which a reader here has seen the events of this run.

        `first_end` finds the number of the event by which the run ended for the first time.
        """
        if (number := self.named.get(run.run_id)) is not None:
            return number
        if self.mark is None or run.run_id > self.mark:
            return 0
        if run.reopened:
            return first_end()  # it was reopened since; before, it would have been named
        return run.last_event if run.final else 0


def parse_position(text: str) -> FeedPosition | None:
    """The position, or None: the text is none, or one to which nobody can return."""
    found = _TEXT.fullmatch(text) if len(text) <= MOST_NAMED * 40 else None
    if found is None or text == "":
        return None
    mark, pairs = found.groups()
    named: dict[int, int] = {}
    for pair in pairs.split("-") if pairs else ():
        run_id, _, number = pair.partition(".")
        named[int(run_id)] = int(number)
    if len(named) > MOST_NAMED:
        return None
    return FeedPosition(None if mark is None else int(mark), named)
