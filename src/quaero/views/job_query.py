"""The filter of jobs as people write it, everywhere the same: `state:failed run:12 error:"timed out" age:<1d`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from quaero.models.definition import Complaint
from quaero.models.duration import DurationError, parse_duration
from quaero.models.errors import UsageError
from quaero.models.job import JobKind, JobState
from quaero.models.moment import iso_time
from quaero.store.reads import JobFilter
from quaero.views.moments import now_ms
from quaero.views.nearest import nearest_name

LONGEST: Final = 2_000
LARGEST_ID: Final = 2**63 - 1
_TOKEN = re.compile(
    r'(?:(?P<key>[A-Za-z_]+):(?!//))?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"(?=\s|$)|(?P<plain>\S+))?', re.S
)
_NEEDS_QUOTES = re.compile(r'[\s"\\]|^[A-Za-z_]+:(?!//)|^$')


class InvalidFilter(UsageError):
    """A text is no filter of jobs. `complaints`: everything wrong with it."""

    code = "invalid_filter"

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        super().__init__(" | ".join(each.line_text() for each in complaints))


class Key(NamedTuple):
    """A key of the filter: what it means, and how it is written."""

    name: str
    meaning: str
    example: str


KEYS: Final[Mapping[str, Key]] = MappingProxyType(
    {
        key.name: key
        for key in (
            Key("state", "in one of these states", "state:failed,cancelled"),
            Key("kind", "runs, their steps (parent), or their jobs (child)", "kind:run"),
            Key("type", "of this type", "type:crawler_url"),
            Key("run", "of this run", "run:12"),
            Key("parent", "right below this job", "parent:13"),
            Key("definition", "of runs of this definition", "definition:docs"),
            Key("host", "that burden this server", "host:example.org"),
            Key("name", "whose name contains this; so do words without a key", 'name:"getting started"'),
            Key("error", "whose error contains this", 'error:"timed out"'),
            Key("code", "with this error code", "code:http_404"),
            Key("age", "created within the last day (<), or longer ago (>)", "age:<1d"),
            Key("created", "the same, or before (<) or after (>) a time", "created:>2030-01-31T03:00"),
            Key("finished", "ended within the last hour (<), or longer ago (>); or a time", "finished:<1h"),
            Key("upto", "with no larger id", "upto:500"),
        )
    }
)
"""All of them, in the order in which they are explained."""

_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "state": "states",
        "kind": "kind",
        "type": "type",
        "run": "root_id",
        "parent": "parent_id",
        "definition": "definition_id",
        "host": "host",
        "name": "name_part",
        "error": "error_part",
        "code": "error_code",
        "upto": "up_to",
    }
)
_TIMES: Final = ("created", "finished")


def parse_job_query(text: str, now: int | None = None) -> JobFilter:
    """The filter that the text says; all of it must hold. "" is every job.

    `now`: what ages are counted back from, in milliseconds since 1970. `InvalidFilter` with all complaints.
    """
    reading = _Reading(now_ms() if now is None else now)
    if len(text) > LONGEST:
        reading.complain("", f"a filter has at most {LONGEST:,} characters")
    elif not _storable(text):
        reading.complain("", "a filter cannot hold the character NUL or half of a character pair")
    else:
        for key, value in _tokens(text):
            reading.take(key, value)
    return reading.result()


def job_query_of(wanted: JobFilter) -> str:
    """The text of a filter: what `parse_job_query` reads back equal, with times instead of ages."""
    parts = []
    for key, field in _FIELDS.items():
        value = getattr(wanted, field)
        if value is not None:
            written = ",".join(value) if key == "state" else str(value)
            parts.append(f"{key}:{_quoted(written)}")
    for key in _TIMES:
        for sign, end in (("<", "before"), (">", "after")):
            moment = getattr(wanted, f"{key}_{end}")
            if moment is not None:
                parts.append(f"{key}:{sign}{iso_time(moment)}")
    return " ".join(parts)


def both(one: JobFilter, other: JobFilter) -> JobFilter:
    """The jobs for which both hold; `UsageError` where they say different things of the same."""
    mine, others = msgspec.structs.asdict(one), msgspec.structs.asdict(other)
    for field, value in others.items():
        if None not in (value, mine[field]) and value != mine[field]:
            name = next((key for key, each in _FIELDS.items() if each == field), field.partition("_")[0])
            raise UsageError(
                f"the options and the filter say different things of the {name}", remedy="Say it once"
            )
    return JobFilter(
        **{field: value if value is not None else mine[field] for field, value in others.items()}
    )


def _tokens(text: str) -> Iterator[tuple[str, str | None]]:
    """Key and value of each part; "" is the key of bare words. None: the value ends in an open quote."""
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        found = _TOKEN.match(text, position)
        assert found is not None  # noqa: S101 - it matches even nothing
        position = max(found.end(), position + 1)
        key, quoted, plain = (found["key"] or "").lower(), found["quoted"], found["plain"]
        if quoted is not None:
            yield key, re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
        elif plain is not None and plain.startswith('"'):
            yield key, None
        else:
            yield key, plain or ""


class _Reading:
    """What was read so far."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._fields: dict[str, Any] = {}
        self._words: list[str] = []
        self._complaints: list[Complaint] = []

    def complain(self, key: str, message: str, near: str | None = None) -> None:
        meant = KEYS.get(key) or KEYS.get(near or "")
        self._complaints.append(Complaint("filter", None, key, message, near, meant and meant.example))

    def take(self, key: str, value: str | None) -> None:
        if value is None:
            self.complain(key, 'a text in quotes ends with a quote; inside of it, write \\"')
        elif not key and value:
            self._words.append(value)
        elif not key:
            self.complain("name", "says nothing")
        elif key not in KEYS:
            self._unknown(key)
        elif not value:
            self.complain(key, "says nothing")
        else:
            self._take_known(key, value)

    def result(self) -> JobFilter:
        words = " ".join(self._words)
        if words and "name_part" in self._fields:
            self.complain("name", f'"{words[:40]}" is looked for in the name, too: say it once, in quotes')
        elif words:
            self._fields["name_part"] = words
        if self._complaints:
            raise InvalidFilter(tuple(self._complaints))
        return JobFilter(**self._fields)

    def _unknown(self, key: str) -> None:
        near = nearest_name(key, KEYS)
        known = "" if near else f"; known are {', '.join(KEYS)}; a text with a colon needs quotes"
        self.complain(key[:40], f"unknown key{known}", near)

    def _take_known(self, key: str, value: str) -> None:
        if key == "age":
            self._set_time(key, "created", value, times=False)
        elif key in _TIMES:
            self._set_time(key, key, value, times=True)
        else:
            read = _READERS.get(key, _text)
            try:
                self._set(key, _FIELDS[key], read(value))
            except _Wrong as wrong:
                self.complain(key, wrong.message, wrong.near)

    def _set(self, key: str, field: str, value: object) -> None:
        if field in self._fields:
            self.complain(key, "is said twice" + ("; put commas between states" if key == "state" else ""))
        self._fields[field] = value

    def _set_time(self, key: str, field: str, value: str, *, times: bool) -> None:
        sign, rest = value[0], value[1:].strip()
        if sign not in "<>":
            self.complain(key, 'begins with "<" or ">"')
            return
        try:
            age = parse_duration(rest)
        except DurationError:
            moment = _moment(rest) if times else None
            if moment is None:
                also = ", or a time like 2030-01-31T03:00" if times else ""
                self.complain(key, f'"{rest[:40]}" is not an age like "2h" or "1d"{also}')
                return
            self._set(key, f"{field}_{'before' if sign == '<' else 'after'}", moment)
        else:
            self._set(key, f"{field}_{'after' if sign == '<' else 'before'}", self._now - age)


class _Wrong(Exception):
    def __init__(self, message: str, near: str | None = None) -> None:
        self.message, self.near = message, near
        super().__init__(message)


def _text(value: str) -> str:
    return value


def _states(value: str) -> tuple[JobState, ...]:
    names = (name.strip().lower() for name in value.split(","))
    return tuple(dict.fromkeys(JobState(_one_of(name, JobState)) for name in names))


def _kind(value: str) -> JobKind:
    return JobKind(_one_of(value.lower(), JobKind))


def _one_of(name: str, known: Iterable[str]) -> str:
    names = [str(each) for each in known]
    if name not in names:
        raise _Wrong(f'"{name[:40]}" is none of {", ".join(names)}', nearest_name(name, names))
    return name


def _id(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", value) or not 1 <= int(value) <= LARGEST_ID:
        raise _Wrong(f'"{value[:40]}" is not the id of a job')
    return int(value)


_READERS: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType(
    {"state": _states, "kind": _kind, "run": _id, "parent": _id, "upto": _id}
)


def _moment(text: str) -> int | None:
    """Milliseconds since 1970; a time without a zone is one of this machine's."""
    try:
        written = datetime.fromisoformat(text)
        return round(written.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None


def _quoted(value: str) -> str:
    if not _NEEDS_QUOTES.search(value):
        return value
    return '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
