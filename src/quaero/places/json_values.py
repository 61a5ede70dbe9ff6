"""Values in the JSON of strangers: what has another type than expected is not there."""

import math
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from quaero.places.problems import not_json

LONGEST_TEXT: Final = 2_000
MOST_ENTRIES: Final = 100
LONGEST_LINK: Final = 2_000

_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]+")
_LINK: Final = re.compile(r"https?://[^\s<>\"'`\\^{|}\x00-\x20\x7f]+", re.IGNORECASE)
_WRITTEN_NUMBER: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,20})?")


def decoded(body: bytes) -> Any:
    """The plain value of a JSON text; `JobFailure` for anything else."""
    import msgspec  # noqa: PLC0415 - definitions are checked without it

    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise not_json(body) from error


def text(value: object) -> str:
    """A text on one line without what a terminal or a page would obey; "" for anything else."""
    if not isinstance(value, str):
        return ""
    return " ".join(_UNSEEN.sub(" ", value[: 2 * LONGEST_TEXT]).split())[:LONGEST_TEXT]


def text_at(values: object, *path: str) -> str:
    """The text at a path of keys."""
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return text(values)


def texts(value: object) -> tuple[str, ...]:
    """The texts in a list, each once."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(dict.fromkeys(found for each in value[:MOST_ENTRIES] if (found := text(each))))


def table(value: object, most: int = MOST_ENTRIES) -> dict[str, str]:
    """The texts of a table by their keys."""
    if not isinstance(value, Mapping):
        return {}
    pairs = ((text(key), text(each)) for key, each in islice(value.items(), most))
    return {key: each for key, each in pairs if key and each}


def number(value: object, least: float, most: float) -> float | None:
    """A number within limits, also one in writing."""
    if isinstance(value, str) and _WRITTEN_NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and least <= value <= most else None


def count(value: object) -> int | None:
    """A whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        return None
    return value


def link(value: object) -> str:
    """An http or https address; "" for anything else, such as a script."""
    written = text(value)
    if len(written) > LONGEST_LINK or not _LINK.fullmatch(written):
        return ""
    try:
        return written if urlsplit(written).hostname else ""
    except ValueError:
        return ""
