"""Durations as people write them ("250ms", "30s", "1h30m") and as the program keeps them: milliseconds."""

import re
from types import MappingProxyType

from quaero.models.errors import UsageError

# Largest first, as they are written.
UNITS_MS = MappingProxyType({"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1})
MAX_DURATION_MS = 36_500 * UNITS_MS["d"]

_PART = re.compile(r"([0-9]{1,15})(ms|[dhms])")
_NUMBER = re.compile(r"[0-9]{1,15}")
_REMEDY = 'Write it like "250ms", "30s", "10m", "1h30m" or "2d"'


class DurationError(UsageError):
    """A text is not a duration."""

    code = "invalid_duration"


def parse_duration(text: str) -> int:
    """Milliseconds of a text like "1h30m".

    Whole numbers, each with its unit out of d, h, m, s, ms; every unit at most once, larger units first; no
    more than 36,500 days. Raises `DurationError`, which says what is wrong and gives an example.
    """
    written = text.strip()
    if not written:
        raise DurationError("the duration is empty", remedy=_REMEDY)
    if _NUMBER.fullmatch(written):
        raise DurationError(f'the duration "{written}" has no unit', remedy=f'Write "{written}s" for seconds')
    total = _sum_of_parts(written)
    if total > MAX_DURATION_MS:
        raise DurationError(f'the duration "{_short(written)}" is longer than 36500 days', remedy=_REMEDY)
    return total


def format_duration(milliseconds: int) -> str:
    """The shortest text that `parse_duration` reads back as the same number; 0 is "0s"."""
    if milliseconds < 0:
        raise ValueError(f"a duration cannot be negative: {milliseconds} ms")
    parts = []
    for unit, size in UNITS_MS.items():
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _sum_of_parts(written: str) -> int:
    units = list(UNITS_MS)
    total = position = 0
    while position < len(written):
        part = _PART.match(written, position)
        if part is None:
            raise DurationError(f'"{_short(written)}" is not a duration', remedy=_REMEDY)
        number, unit = part.groups()
        if unit not in units:
            what = f'in the duration "{_short(written)}" a unit comes twice or a smaller one first'
            raise DurationError(what, remedy=_REMEDY)
        del units[: units.index(unit) + 1]
        total += int(number) * UNITS_MS[unit]
        position = part.end()
    return total


def _short(written: str) -> str:
    return written if len(written) <= 40 else f"{written[:40]}…"
