"""What goes out to readers at once: events, encoded when the first reader needs them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final, NamedTuple

import msgspec

from quaero.models.event import ParentJobProgress, Recorded
from quaero.models.feed_position import MOST_NAMED, NOWHERE, FeedPosition
from quaero.views.event_shapes import event_json

RESET: Final = b"id: %s\nevent: reset\ndata: {}\n\n"
HELLO: Final = b"id: %s\nevent: hello\ndata: {}\n\n"
_encode = msgspec.json.Encoder().encode


class Entry(NamedTuple):
    """An event on its way out."""

    run_id: int
    number: int
    type: bytes
    json: bytes


def entries_of(events: Iterable[Recorded]) -> tuple[Entry, ...]:
    """The events of runs, those of a run together; of the progress of a parent only the last."""
    entries: list[Entry] = []
    seen: set[int] = set()
    for event in reversed(list(events)):
        if event.type == ParentJobProgress.type:
            if event.job_id in seen:
                continue
            seen.add(event.job_id)
        entries.append(Entry(event.root_id, event.number, event.type.encode(), _encode(event_json(event))))
    return tuple(reversed(entries))


@dataclass(frozen=True)
class Piece:
    """Events for readers who are at `start`, and where they are afterwards.

    Without events it just tells where they are. `reset`: events are missing before `end`, so that what is known of the
    runs must be read anew.
    """

    entries: tuple[Entry, ...]
    start: FeedPosition
    end: FeedPosition
    reset: bool = False

    @cached_property
    def frames(self) -> bytes:
        """The messages of a stream, each with the position after it."""
        lines = [
            b"id: %s\nevent: %s\ndata: %s\n\n" % (at, entry.type, entry.json) for entry, at in self._at()
        ]
        if self.reset or not lines:
            lines.append((RESET if self.reset else HELLO) % self.end.text.encode())
        return b"".join(lines)

    def _at(self) -> Iterator[tuple[Entry, bytes]]:
        """Each event with the position after it. Only one number in that changes from event to event of a run."""
        head = b"" if self.start.mark is None else b"%d~" % self.start.mark
        named: dict[int, int] = dict(self.start.named)
        for run_id, entries in groupby(self.entries, lambda entry: entry.run_id):
            named.setdefault(run_id, 0)
            before, after = _around(named, run_id)
            for entry in entries:
                named[run_id] = entry.number
                at = b"%s%s%d.%d%s" % (head, before, run_id, entry.number, after)
                yield entry, at if len(named) <= MOST_NAMED else NOWHERE.encode()


def _around(named: Mapping[int, int], run_id: int) -> tuple[bytes, bytes]:
    """What stands in a position before and after this run."""
    pairs = [b"%d.%d" % pair for pair in named.items()]
    place = list(named).index(run_id)
    return b"".join(pair + b"-" for pair in pairs[:place]), b"".join(
        b"-" + pair for pair in pairs[place + 1 :]
    )
