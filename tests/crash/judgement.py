"""What must be true of a run that has ended, whatever was done to its processes; asked in plain SQL.

The store's own checker is asked, too, but nothing else of the code that is judged here.
"""

import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from tests.crash.worker_process import EFFECT
from tests.places import Place

END_EVENTS = ("job_completed", "job_failed", "job_cancelled")
FINAL = ("completed", "failed", "cancelled", "skipped")


@dataclass(frozen=True)
class Expected:
    """The end of a run: per step, the final states of its children by name.

    `documents`: of the steps with a limit, how many documents there must be exactly; their children may then be any
    of the listed ones, and whatever has no document gave its slot back. `states`: of the run and its steps by name;
    those that are not listed are completed. `at_once`: how many children of a step, or of all that burden a host,
    may have been running at any moment.
    """

    children: Mapping[str, Mapping[str, str]]
    documents: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    at_once: Mapping[str, int] = field(default_factory=dict)


async def faults(place: Place, run_id: int, expected: Expected) -> list[str]:
    """Everything that is wrong with the run in this place, which nobody uses any more; empty if all is well."""
    store = place.store()
    try:
        found = [f"{finding.invariant}: {finding.text}" for finding in await store.check()]
    finally:
        await store.close()
    database = Rows(place, run_id)
    found += _wrong_states(database, expected)
    for step, children in expected.children.items():
        found += _wrong_children(database, step, children, expected.documents.get(step))
    found += _wrong_events(database)
    found += _too_many_at_once(database, expected.at_once)
    found += _doubled_effects(database)
    return found


@contextmanager
def reading(path: Path) -> Iterator[apsw.Connection]:
    """An SQLite file, read by plain SQL."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        yield connection


class Rows:
    """Questions about one run, whose id is the first parameter (`?`) of each."""

    def __init__(self, place: Place, run_id: int) -> None:
        self._place, self._run_id = place, run_id

    def ask(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self._place.rows(sql, (self._run_id, *parameters))

    def ask_of_all(self, sql: str) -> list[tuple[Any, ...]]:
        """A question about the whole store."""
        return self._place.rows(sql)


def _wrong_states(database: Rows, expected: Expected) -> list[str]:
    found = []
    for name, state in database.ask("SELECT name, state FROM jobs WHERE root_id = ? AND kind <> 'child'"):
        if state != expected.states.get(name, "completed"):
            found.append(f"{name} is {state}")
    leased = database.ask_of_all("SELECT id FROM jobs WHERE lease_owner IS NOT NULL")
    found += [f"job {job_id} still has a lease" for (job_id,) in leased]
    waiting = database.ask_of_all("SELECT name FROM frontier")
    return found + [f"{name} still waits for a slot" for (name,) in waiting]


def _wrong_children(
    database: Rows, step: str, children: Mapping[str, str], documents: int | None
) -> list[str]:
    rows = database.ask(
        "SELECT child.name, child.state FROM jobs child JOIN jobs parent ON parent.id = child.parent_id"
        " WHERE parent.root_id = ? AND parent.kind = 'parent' AND parent.name = ?",
        step,
    )
    found = [
        f"{name} is there {count} times" for name, count in Counter(n for n, _ in rows).items() if count > 1
    ]
    there = dict(rows)
    if documents is None:
        found += [f"{name} is missing" for name in children if name not in there]
    elif (stored := sum(state == "completed" for state in there.values())) != documents:
        found.append(f"{step} stored {stored} documents, not {documents}")
    found += [
        f"{name} is {state}, not {children.get(name, 'to be there')}"
        for name, state in rows
        if children.get(name) != state
    ]
    return found


def _wrong_events(database: Rows) -> list[str]:
    events = database.ask("SELECT number, type, job_id, data FROM events WHERE root_id = ? ORDER BY number")
    found = []
    if [number for number, *_ in events] != list(range(1, len(events) + 1)):
        found.append(f"the events are numbered {[number for number, *_ in events]}")
    ends = [number for number, type_, *_ in events if type_ in END_EVENTS]
    if ends != [len(events)]:
        found.append(f"of {len(events)} events these are the end: {ends}")
    ended: Counter[int] = Counter()
    for _, type_, job_id, data in events:
        if type_ == "job_status_change":
            ended[job_id] += json.loads(data)["after"] in FINAL
    found += [f"job {job_id} ended {count} times" for job_id, count in ended.items() if count > 1]
    return found


def _too_many_at_once(database: Rows, at_once: Mapping[str, int]) -> list[str]:
    moves = database.ask(
        "SELECT event.number, event.data, step.name, job.host FROM events event"
        " JOIN jobs job ON job.id = event.job_id JOIN jobs step ON step.id = job.parent_id"
        " WHERE event.root_id = ? AND event.type = 'job_status_change' AND job.kind = 'child' ORDER BY event.number"
    )
    running: Counter[str] = Counter()
    found = []
    for number, data, *groups in moves:
        move = json.loads(data)
        change = (move["after"] == "running") - (move["before"] == "running")
        for group in groups:
            running[group] += change
            if change > 0 and running[group] > at_once.get(group, running[group]):
                found.append(f"at event {number} {running[group]} of {group} were running")
    return found


def _doubled_effects(database: Rows) -> list[str]:
    """Each execution's log line, document and children are stored once, and only those of executions that counted."""
    found = []
    lines = _lines_of_effects(database)
    executions = database.ask(
        "SELECT id, name, attempt, attempt - lost_leases FROM jobs"
        " WHERE root_id = ? AND kind = 'child' AND state = 'completed' ORDER BY id"
    )
    for job_id, name, last, counted in executions:
        attempts = [int(line.removeprefix(EFFECT).split()[0]) for line in lines[job_id]]
        if len(set(attempts)) != counted or len(attempts) != counted or max(attempts) != last:
            found.append(
                f"job {job_id} ({name}): attempt {last}, {counted} that counted, but stored are: {lines[job_id]}"
            )
    stored = Counter(url for (url,) in database.ask("SELECT canonical_url FROM documents WHERE root_id = ?"))
    found += [f"{url} is stored {count} times" for url, count in stored.items() if count > 1]
    told = database.ask("SELECT data FROM events WHERE root_id = ? AND type = 'document_saved'")
    if len(told) != stored.total():
        found.append(f"{stored.total()} documents, {len(told)} events of them")
    again = database.ask("SELECT data FROM events WHERE root_id = ? AND type = 'document_updated'")
    found += [f"stored again: {data}" for (data,) in again]
    steps = database.ask(
        "SELECT created, updated, unchanged FROM progress WHERE root_id = ? AND step IS NOT NULL"
    )
    counts = [sum(column) for column in zip(*steps, strict=True)]
    if counts != [stored.total(), 0, 0]:
        found.append(f"{stored.total()} documents, counted as created, updated, unchanged: {counts}")
    return found


def _lines_of_effects(database: Rows) -> defaultdict[int, list[str]]:
    """What the executions of each job left in its log."""
    rows = database.ask(
        "SELECT line.job_id, line.message FROM log_lines line JOIN jobs job ON job.id = line.job_id"
        " WHERE job.root_id = ? AND line.message LIKE ? ORDER BY line.id",
        EFFECT + "%",
    )
    found = defaultdict(list)
    for job_id, message in rows:
        found[job_id].append(message)
    return found


class Record:
    """What the trials did, a line each, and what was wrong; shown by pytest -s, and when it fails."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._counts: Counter[str] = Counter()
        self._violations: list[str] = []

    def trial(self, name: str, happened: Iterable[str], found: Iterable[str]) -> None:
        events, violations = list(happened), list(found)
        self._counts["trials"] += 1
        self._violations += [f"{name}: {violation}" for violation in violations]
        self._say(f"{name}: {'; '.join(events)}: {'; '.join(violations) or 'ok'}")

    def count(self, what: str, number: int = 1) -> None:
        self._counts[what] += number

    def close(self) -> None:
        """The sum of it; fails if there were violations."""
        counts = ", ".join(f"{count} {what}" for what, count in self._counts.items())
        self._say(f"{self._what}: {counts}, {len(self._violations)} violations")
        assert self._violations == []

    def _say(self, line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def trials(default: int) -> int:
    """How many trials to make; `QUAERO_TRIALS` asks for another number."""
    return int(os.environ.get("QUAERO_TRIALS", str(default)))
