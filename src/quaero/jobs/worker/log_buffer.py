"""The log lines of one execution, until they are stored with its end: so many, so long, and no more."""

from collections.abc import Iterator

from quaero.models.outcome import LogLevel, LogLine

MOST_LINES = 1_000
LONGEST_MESSAGE = 10_000
"""Characters of one line; the rest is cut off."""

_RANKS = {LogLevel.DEBUG: 0, LogLevel.INFO: 1, LogLevel.WARNING: 2, LogLevel.ERROR: 3}


class LogBuffer:
    """Keeps at most `limit` lines; iterating gives them in order, and one more that counts what was dropped.

    When it is full, a line pushes out the newest one of the lowest level below its own; without such a line it is
    dropped itself. So the beginning of a flood is kept, and of warnings and errors as many as there is room for.
    """

    def __init__(self, limit: int = MOST_LINES) -> None:
        self._limit = limit
        self._kept: tuple[list[tuple[int, LogLine]], ...] = ()  # most jobs say nothing
        self._seen = 0
        self._last_at = 0

    def append(self, line: LogLine) -> None:
        """Add a line; a long message is cut, with a mark that says how much is missing."""
        self._kept = self._kept or tuple([] for _ in _RANKS)
        self._last_at = line.at
        number, self._seen = self._seen, self._seen + 1
        rank = _RANKS[line.level]
        if len(self) == self._limit:
            lower = next((kept for kept in self._kept[:rank] if kept), None)
            if lower is None:
                return
            lower.pop()
        self._kept[rank].append((number, _shortened(line)))

    @property
    def dropped(self) -> int:
        return self._seen - len(self)

    def __len__(self) -> int:
        """How many lines are kept."""
        return sum(map(len, self._kept))

    def __iter__(self) -> Iterator[LogLine]:
        for _, line in sorted((each for kept in self._kept for each in kept), key=lambda each: each[0]):
            yield line
        if self.dropped:
            lines = "line" if self.dropped == 1 else "lines"
            text = f"{self.dropped} {lines} dropped (limit {self._limit})"
            yield LogLine(self._last_at, LogLevel.WARNING, text)


def _shortened(line: LogLine) -> LogLine:
    missing = len(line.message) - LONGEST_MESSAGE
    if missing <= 0:
        return line
    return LogLine(line.at, line.level, f"{line.message[:LONGEST_MESSAGE]}… ({missing} characters cut)")
