"""The checker: it finds each thing that can be wrong, and nothing in a healthy database."""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quaero.models.definition import ErrorTolerance, JobDefinition
from quaero.models.job import Job, StepLimits
from quaero.models.outcome import End, LogLevel, LogLine, Settlement
from quaero.store.check import CHECKS, DAMAGE
from quaero.store.statement_files import statement_names
from quaero.store.store import Store
from quaero.store.transitions.definitions import NewDefinition
from quaero.store.transitions.launch import Launch
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place, new_place
from tests.store.tree import LEASE_MS, document, plan, settlement

LINE = LogLine(0, LogLevel.INFO, "a line")


def two_steps(name: str) -> JobDefinition:
    steps = script_step("one"), script_step("two")
    return script_definition(*steps, id=name, error_tolerance=ErrorTolerance(5))


async def fill(store: Store) -> None:
    """Runs at every stage, and rows in every table."""
    ended, one = await begin(store, "ended")
    await plan(store, one, "good", "bad")
    good, bad = await claim(store, ended)
    logged = Settlement(good.id, good.lease_number, End.COMPLETED, (document("good"),), log=(LINE,))
    await store.settle([logged, settlement(bad, End.FAILED)])
    await store.fold()
    [two] = await claim(store, ended, "script")
    await plan(store, two)
    await store.fold()
    assert (await store.job(ended)).state == "completed"

    _, one = await begin(store, "halfway")
    await plan(store, one)
    await store.fold()

    working, one = await begin(store, "working")
    await plan(store, one, "fails", "works", "queued", "later", limits=StepLimits(max_documents=2))
    fails, _ = await claim(store, working)
    await store.settle([settlement(fails, End.FAILED)])

    await begin(store, "planning")
    await store.pause(await store.launch(two_steps("paused")))
    await store.launch(Launch(two_steps("after"), before=(Launch(two_steps("before")),)))
    await store.fold()

    unfolded, one = await begin(store, "unfolded")
    await plan(store, one, "last")
    [last] = await claim(store, unfolded)
    await store.settle([settlement(last)])

    await store.import_definitions([NewDefinition(two_steps("kept"), "")])
    for enabled in (False, True):
        await store.switch_definition("kept", enabled=enabled)
    await store.change_gate("host", "example.org", concurrency=2)
    await store.take_duty("orchestrator", LEASE_MS)
    await store.register("worker", ["scripted"], 4)


async def begin(store: Store, name: str) -> tuple[int, Job]:
    run_id = await store.launch(two_steps(name))
    [parent] = await claim(store, run_id, "script")
    return run_id, parent


async def claim(store: Store, run_id: int, job_type: str = "scripted") -> tuple[Job, ...]:
    return (await store.claim([job_type], 100, LEASE_MS, run_id)).jobs


SCHEDULE = "INSERT INTO schedules (definition_id, cron, timezone) VALUES ('kept', '0 3 * * *', 'UTC')"

NAMES = """
SELECT name, id FROM jobs WHERE kind = 'child' UNION ALL
SELECT name || '_step', parent_id FROM jobs WHERE kind = 'child' UNION ALL
SELECT definition_id, job_id FROM runs UNION ALL
SELECT definition_id || '_' || name, id FROM jobs JOIN runs ON job_id = root_id WHERE kind = 'parent'
"""
"""The jobs that the mistakes below are made with."""


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Place]]:
    """The healthy store on the database of that name, made when it is first asked for."""
    made: dict[str, Place] = {}

    async def make(place: Place) -> None:
        store = place.store(clock=SettableClock())
        await fill(store)
        await store.close()
        place.execute(SCHEDULE)

    def healthy(name: str) -> Place:
        if name not in made:
            made[name] = new_place(name, tmp_path_factory.mktemp("check"))
            asyncio.run(make(made[name]))
        return made[name]

    yield healthy
    for place in made.values():
        place.remove()


@pytest.fixture
def place(request: pytest.FixtureRequest, healthy: Callable[[str], Place], tmp_path: Path) -> Iterator[Place]:
    """A copy of the healthy store."""
    place = healthy(request.param).copy(tmp_path)
    yield place
    place.remove()


def write(place: Place, statements: str) -> None:
    """Write to the database behind the program's back; `:name` stands for the job of that name."""
    ids = {f":{name}": str(job_id) for name, job_id in place.rows(NAMES)}
    place.execute(re.sub(r":[a-z_]+", lambda name: ids[name[0]], statements))


async def findings(place: Place) -> list[str]:
    """The names of the checks that found something."""
    store = place.store(clock=SettableClock())
    found = await store.check()
    await store.close()
    assert all(each.explanation.meaning and each.explanation.remedy for each in found)
    return [each.check or each.invariant for each in found]


async def test_a_healthy_database_is_clean(place: Place) -> None:
    assert await findings(place) == []


LAST_MOVE = """UPDATE events SET data = replace(data, '"after":"{was}"', '"after":"{after}"') WHERE job_id = {job}
  AND number = (SELECT max(number) FROM events WHERE type = 'job_status_change' AND job_id = {job});"""
BACK_TO_WAITING = LAST_MOVE.format(was="pending", after="waiting", job=":halfway_two")
REOPENED_UNTOLD = LAST_MOVE.format(was="failed", after="pending", job=":bad")
CLAIM_UNTOLD = LAST_MOVE.format(was="running", after="pending", job=":works")


def both(one: str, other: str) -> str:
    return f"{one}\n{other}"


MISTAKES = [
    ("check_counts", "UPDATE progress SET total = total + 1 WHERE job_id = :ended"),
    ("check_counts", "UPDATE progress SET pending = 0, running = 2 WHERE job_id = :works_step"),
    ("check_terminal_moves", "UPDATE jobs SET reopened = 1 WHERE name = 'good'"),
    ("check_terminal_moves", """UPDATE runs SET pruned_events = 1 WHERE definition_id = 'ended';
     DELETE FROM events WHERE number = 1 AND root_id = :ended; UPDATE jobs SET reopened = -1 WHERE id = :good"""),
    ("check_pauses", "UPDATE runs SET paused_at = NULL WHERE definition_id = 'paused'"),
    ("check_pauses", "UPDATE runs SET paused_at = 1 WHERE definition_id = 'working'"),
    ("check_early_ends", both(REOPENED_UNTOLD, """UPDATE jobs SET state = 'pending', finished_at = NULL WHERE id = :bad;
     UPDATE progress SET failed = 0, pending = 1 WHERE job_id = :bad_step""")),
    ("check_hangs", "UPDATE progress SET dirty = 0 WHERE job_id = :last_step"),
    ("check_hangs", both(BACK_TO_WAITING, """UPDATE jobs SET state = 'waiting' WHERE id = :halfway_two;
     UPDATE progress SET pending = 0, waiting = 1 WHERE job_id = :halfway""")),
    ("check_hangs", """UPDATE jobs SET lease_owner = NULL, lease_until = NULL
     WHERE id = :planning_one"""),
    ("check_hangs", "UPDATE run_needs SET needs_id = :ended"),
    ("check_orphans", "DELETE FROM progress WHERE job_id = :ended_two"),
    ("check_orphans", "UPDATE jobs SET root_id = :working WHERE name = 'good'"),
    ("check_needs", "UPDATE run_needs SET needs_id = 999"),
    ("check_work_keys", "UPDATE work_keys SET job_id = 999 WHERE dedupe_key = 'works'"),
    ("check_work_keys", "DELETE FROM frontier"),
    ("check_slots", "UPDATE progress SET slots = 3 WHERE max_documents = 2"),
    ("check_slots", "UPDATE progress SET slots = 1 WHERE max_documents = 2"),
    ("check_leases", "UPDATE jobs SET lease_until = NULL WHERE name = 'works'"),
    ("check_leases", "UPDATE jobs SET lease_until = NULL, lease_owner = NULL WHERE name = 'works'"),
    ("check_times", "UPDATE jobs SET started_at = finished_at + 1 WHERE name = 'good'"),
    ("check_attempts", "UPDATE jobs SET attempt = 4 WHERE name = 'good'"),
    ("check_attempts", "UPDATE jobs SET lost_leases = 2 WHERE name = 'good'"),
    ("check_failures", "UPDATE jobs SET error_code = NULL WHERE name = 'bad'"),
    ("check_versions", "DELETE FROM definition_versions WHERE number = 2"),
    ("check_versions", "UPDATE definitions SET version = 4"),
    ("check_document_versions", "INSERT INTO document_versions VALUES (1, 1, 0, 0, :ended, 'a', 'a', 'a', 'a')"),
    ("check_document_versions", """UPDATE documents SET version = 4; INSERT INTO document_versions
     VALUES (1, 1, 0, 0, :ended, 'a', 'a', 'a', 'a'), (1, 3, 0, 0, :ended, 'a', 'a', 'a', 'a')"""),
    ("check_event_numbers", "UPDATE events SET number = 99 WHERE type = 'job_spawn' AND job_id = :last"),
    ("check_event_numbers", "UPDATE runs SET last_event = last_event + 1 WHERE definition_id = 'working'"),
    ("check_event_numbers", "UPDATE runs SET pruned_events = 1 WHERE definition_id = 'working'"),
    ("check_end_events", "UPDATE events SET type = 'job_log' WHERE type = 'job_completed'"),
    ("check_replay", CLAIM_UNTOLD),
    ("check_log_numbers", "UPDATE log_lines SET number = 2"),
    ("check_order", """UPDATE jobs SET state = 'pending' WHERE id = :working_two;
     UPDATE progress SET pending = 1, waiting = 0 WHERE job_id = :working"""),
    ("check_schedules", "UPDATE schedules SET definition_id = 'gone'"),
    ("check_ends", "UPDATE progress SET max_failures = 1 WHERE job_id = :bad_step"),
    ("check_ends", """UPDATE progress SET max_failures = NULL, max_failed_percent = 50
     WHERE job_id = :bad_step"""),
    ("check_tolerance", "UPDATE progress SET max_failures = 1 WHERE job_id = :works_step"),
    ("check_tolerance", "UPDATE progress SET max_failures = NULL, max_failed_percent = 30 WHERE job_id = :works_step"),
    ("check_frontier", """INSERT INTO frontier (parent_id, dedupe_key, type, name, config, depth, priority)
     VALUES (:good_step, 'more', 'scripted', 'more', '{}', 0, 0)"""),
    ("check_deadlines", "UPDATE progress SET timeout = 5, deadline = 5 WHERE job_id = :ended"),
    ("check_deadlines", "UPDATE progress SET deadline = 5 WHERE job_id = :working"),
    ("check_gates", "UPDATE gates SET concurrency = NULL"),
    ("check_gates", "UPDATE gates SET key = ''"),
    ("check_duties", "UPDATE duties SET owner = 'me'"),
    ("check_processes", "UPDATE processes SET types = 'scripted'"),
    ("index", "INSERT INTO documents_text (rowid, title, markdown, url) VALUES (9, 'a', 'b', 'c')"),
    ("file", "DELETE FROM jobs WHERE name = 'later'; INSERT INTO document_tags VALUES (99, 'tag', 'kept')"),
]  # fmt: skip

ONLY_ON_SQLITE = {
    "index": pytest.mark.only("sqlite", reason="index"),
    "file": pytest.mark.only("sqlite", reason="file"),
}
LOST_WORDS = """INSERT INTO documents (source_type, canonical_url, url, title, markdown, content_hash, created_at,
  updated_at, checked_at, job_id, root_id) VALUES ('web', 'a', 'a', '', '', '', 0, 0, 0, :good, :ended)"""


@pytest.mark.parametrize(
    ("check", "mistake"),
    [
        *(pytest.param(*each, marks=ONLY_ON_SQLITE.get(each[0], ())) for each in MISTAKES),
        pytest.param("index", LOST_WORDS, marks=pytest.mark.only("postgres", reason="index")),
    ],
)
async def test_each_mistake_is_found_and_nothing_else(place: Place, check: str, mistake: str) -> None:
    write(place, mistake)

    assert await findings(place) == [check]


async def test_a_share_of_failures_is_not_judged_while_children_may_still_come(place: Place) -> None:
    write(
        place,
        """UPDATE progress SET max_failures = NULL, max_failed_percent = 30, dirty = 1
        WHERE job_id = :works_step""",
    )

    assert await findings(place) == []


def test_every_check_has_a_mistake_that_it_finds() -> None:
    assert {check for check, _ in MISTAKES} == {*CHECKS, *DAMAGE}


@pytest.mark.parametrize(
    ("backend", "more"),
    [("sqlite", {"check_pages", "check_references", "check_index"}), ("postgres", {"check_index"})],
)
def test_every_statement_that_checks_is_asked(backend: str, more: set[str]) -> None:
    found = {name for name in statement_names(f"quaero.store.{backend}") if name.startswith("check_")}
    assert found == {*CHECKS, *more}
