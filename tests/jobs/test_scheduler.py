"""The scheduler: each planned time has one run, whoever starts it, whatever happens to the clock or the definition."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quaero.jobs.engine import Engine
from quaero.jobs.machine_zone import machine_zone
from quaero.jobs.manager.reindex_manager import ReindexManager
from quaero.jobs.scheduler import Scheduler
from quaero.models.definition import JobDefinition
from quaero.models.errors import StoreError
from quaero.models.job import Job, JobKind
from quaero.models.schedule import ScheduleError
from quaero.store.reads import JobFilter, StoredDefinition
from quaero.store.store import Store
from quaero.store.transaction import Change
from quaero.store.transitions.definitions import NewDefinition
from quaero.store.transitions.launch import Launch
from quaero.store.transitions.schedules import Schedule
from quaero.testing import SettableClock, open_test_engine
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place, new_place

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PARIS = "Europe/Paris"
MANAGERS = (ScriptManager(), ReindexManager())
HOURLY = script_definition(script_step(), schedule="0 * * * *", id="hourly")


def ms(*parts: int) -> int:
    """A moment of UTC."""
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1_000)  # type: ignore[misc, arg-type]


NOON = ms(2026, 6, 1, 12)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOON + MINUTE)


@pytest.fixture
async def engine(place: Place, clock: SettableClock) -> AsyncIterator[Engine]:
    async with open_test_engine(place.url, MANAGERS, [ScriptWorker()], clock=clock) as engine:
        yield engine
        assert await engine.store.check() == ()


@pytest.fixture
def scheduler(engine: Engine, clock: SettableClock) -> Scheduler:
    return Scheduler(engine.store, engine.control, clock, lambda: PARIS)


async def keep(engine: Engine, *definitions: JobDefinition) -> None:
    new = [NewDefinition(each, each.to_toml()) for each in definitions]
    await engine.store.import_definitions(new, replace_edited=True)


async def runs(store: Store, definition_id: str | None = None) -> list[Job]:
    """All runs, the oldest first."""
    found = await store.jobs(JobFilter(kind=JobKind.RUN, definition_id=definition_id), limit=1_000)
    return sorted(found.items, key=lambda run: run.id)


async def schedule(store: Store, definition_id: str = "hourly") -> Schedule:
    [found] = [each for each in await store.scheduled() if each.definition_id == definition_id]
    assert found.schedule is not None
    return found.schedule


def spoil(place: Place, definition_id: str, body: str) -> None:
    """Put a body that is no definition in its place, and in its history."""
    place.execute("UPDATE definitions SET body = ? WHERE id = ?", [body, definition_id])
    place.execute("UPDATE definition_versions SET body = ? WHERE definition_id = ?", [body, definition_id])


async def cancel_all(engine: Engine) -> None:
    for run in await runs(engine.store):
        if not run.state.final:
            await engine.control.cancel(run.id)


async def test_a_planned_time_starts_one_run(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY)
    assert await scheduler.fire() == NOON + HOUR
    assert await runs(engine.store) == []

    clock.advance(HOUR - MINUTE - 1)
    assert await scheduler.fire() == NOON + HOUR
    assert await runs(engine.store) == []

    clock.advance(1)
    assert await scheduler.fire() == NOON + 2 * HOUR
    assert await scheduler.fire() == NOON + 2 * HOUR
    [run] = await runs(engine.store)
    assert (run.type, run.created_at) == ("hourly", NOON + HOUR)
    made = await schedule(engine.store)
    assert (made.last_planned_at, made.last_run_id, made.skipped, made.error) == (
        NOON + HOUR,
        run.id,
        0,
        None,
    )


async def test_it_is_recorded_that_a_schedule_started_the_run(
    engine: Engine, scheduler: Scheduler, clock: SettableClock, place: Place
) -> None:
    await keep(engine, HOURLY)
    await scheduler.fire()
    clock.advance(HOUR)
    await scheduler.fire()
    [row] = place.rows("SELECT launched_by, launch_key FROM runs")
    assert row == ("schedule", f"schedule:hourly:{NOON + HOUR}")


async def test_after_a_week_without_a_server_one_run_makes_up_for_all(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY)
    await scheduler.fire()
    clock.advance(7 * DAY)
    assert await scheduler.fire() == NOON + 7 * DAY + HOUR
    assert len(await runs(engine.store)) == 1
    made = await schedule(engine.store)
    assert (made.last_planned_at, made.skipped) == (NOON + 7 * DAY, 7 * 24 - 1)


async def test_a_definition_that_is_new_gets_no_run_for_the_past(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY)
    clock.advance(30 * DAY)
    assert await scheduler.fire() == NOON + 30 * DAY + HOUR
    assert await runs(engine.store) == []


async def test_a_time_that_comes_while_a_run_is_open_is_skipped(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY, replace(HOURLY, id="overlapping", overlap=True))
    await scheduler.fire()
    for _ in range(3):
        clock.advance(HOUR)
        await scheduler.fire()
    assert len(await runs(engine.store, "hourly")) == 1
    assert len(await runs(engine.store, "overlapping")) == 3
    made = await schedule(engine.store)
    assert (made.last_planned_at, made.skipped, made.next_at) == (NOON + HOUR, 2, NOON + 4 * HOUR)

    await cancel_all(engine)
    clock.advance(HOUR)
    await scheduler.fire()
    assert len(await runs(engine.store, "hourly")) == 2
    assert (await schedule(engine.store)).skipped == 2


@asynccontextmanager
async def server(place: Place, clock: SettableClock) -> AsyncIterator[Scheduler]:
    """The scheduler of one more server on the same database."""
    async with open_test_engine(place.url, MANAGERS, [ScriptWorker()], clock=clock) as engine:
        yield Scheduler(engine.store, engine.control, clock, lambda: PARIS)


async def test_two_servers_start_one_run_for_each_of_two_hundred_planned_times(
    engine: Engine, scheduler: Scheduler, clock: SettableClock, place: Place
) -> None:
    await keep(engine, replace(HOURLY, overlap=True), replace(HOURLY, id="alone"))
    await scheduler.fire()
    async with server(place, clock) as other:
        for _ in range(200):
            clock.advance(HOUR)
            await asyncio.gather(scheduler.fire(), other.fire())
    planned = [NOON + hour * HOUR for hour in range(1, 201)]
    keys = [key for (key,) in place.rows("SELECT launch_key FROM runs ORDER BY job_id")]
    assert keys[0:2] == [f"schedule:alone:{planned[0]}", f"schedule:hourly:{planned[0]}"]
    assert keys[2:] == [f"schedule:hourly:{each}" for each in planned[1:]]
    made = await schedule(engine.store)
    assert (made.last_planned_at, made.skipped) == (planned[-1], 0)
    alone = await schedule(engine.store, "alone")  # its first run is still open
    assert (alone.last_planned_at, alone.skipped) == (planned[0], 199)


async def test_two_servers_that_see_a_definition_at_once_schedule_it_once(
    engine: Engine, scheduler: Scheduler, clock: SettableClock, place: Place
) -> None:
    await keep(engine, *(replace(HOURLY, id=f"d{number}") for number in range(20)))
    async with server(place, clock) as other:
        await asyncio.gather(scheduler.fire(), other.fire())
        clock.advance(HOUR)
        await asyncio.gather(scheduler.fire(), other.fire())
    assert sorted(run.type for run in await runs(engine.store)) == sorted(
        f"d{number}" for number in range(20)
    )


async def test_a_server_that_saw_an_older_plan_changes_nothing(engine: Engine, scheduler: Scheduler) -> None:
    await keep(engine, HOURLY)
    await scheduler.fire()
    made = await schedule(engine.store)
    stale = at_another_time(made, next_at=NOON)
    await engine.store.change_schedules([(stale, at_another_time(made, next_at=NOON - HOUR)), (None, stale)])
    assert await schedule(engine.store) == made


async def test_a_definition_that_is_deleted_while_a_server_looks_gets_no_schedule(
    engine: Engine, place: Place
) -> None:
    await keep(engine, HOURLY)
    seen = Schedule("hourly", HOURLY.schedule or "", PARIS, 1, NOON)
    await engine.store.delete_definition("hourly")
    await engine.store.change_schedules([(None, seen)])
    await keep(engine, HOURLY)  # a new one, of the same name
    await engine.store.change_schedules([(None, seen)])
    assert place.rows("SELECT * FROM schedules") == []


def at_another_time(made: Schedule, next_at: int) -> Schedule:
    return Schedule(made.definition_id, made.cron, made.timezone, made.version, next_at)


class FailAt:
    """Lets the k-th statement of a write fail, as a store does that has gone."""

    def __init__(self) -> None:
        self.k: int | None = None
        self.count = 0

    def __call__(self, statement: str) -> None:
        self.count += 1
        if self.count == self.k:
            raise StoreError(f"gone at {statement}")


async def test_a_store_that_fails_at_any_statement_loses_no_planned_time_and_doubles_none(
    place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    k, failed = 1, True
    while failed:
        failed = await fire_with_failure_at(k, new_place(place.name, tmp_path_factory.mktemp("fault")))
        k += 1
    assert k > 10


async def fire_with_failure_at(k: int, place: Place) -> bool:
    """Whether there was a k-th statement; after its failure another server starts what is planned, once."""
    clock, failing = SettableClock(NOON + MINUTE), FailAt()
    arguments = (MANAGERS, [ScriptWorker()])
    failed = False
    async with open_test_engine(place.url, *arguments, clock=clock, before_statement=failing) as engine:
        scheduler = Scheduler(engine.store, engine.control, clock, lambda: PARIS)
        await keep(engine, HOURLY)
        await scheduler.fire()
        clock.advance(HOUR)
        failing.k, failing.count = k, 0
        try:
            await scheduler.fire()
        except StoreError:
            failed = True
    async with open_test_engine(place.url, *arguments, clock=clock) as engine:
        assert await Scheduler(engine.store, engine.control, clock, lambda: PARIS).fire() == NOON + 2 * HOUR
        assert len(await runs(engine.store)) == 1
        made = await schedule(engine.store)
        assert (made.last_planned_at, made.skipped, made.error) == (NOON + HOUR, 0, None)
        assert await engine.store.check() == ()
    place.remove()
    return failed


async def test_a_schedule_that_was_changed_counts_from_now_on(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY)
    await scheduler.fire()
    clock.advance(3 * HOUR)
    await keep(engine, replace(HOURLY, schedule="30 2 * * *", timezone="Asia/Kolkata"))
    assert await scheduler.fire() == ms(2026, 6, 1, 21, 0)
    await keep(engine, replace(HOURLY, schedule="30 2 * * *", timezone="UTC"))
    assert await scheduler.fire() == ms(2026, 6, 2, 2, 30)
    assert await runs(engine.store) == []
    clock.advance(DAY)
    await scheduler.fire()
    assert len(await runs(engine.store)) == 1


@pytest.mark.parametrize(
    "other", [{"schedule": "0 0 1 1 *"}, {"schedule": None}, {"timezone": "Asia/Kolkata"}]
)
async def test_a_schedule_that_was_another_one_for_a_while_counts_from_now_on(
    engine: Engine, scheduler: Scheduler, clock: SettableClock, other: dict[str, str | None]
) -> None:
    await keep(engine, HOURLY)
    await scheduler.fire()
    await keep(engine, replace(HOURLY, **other))  # type: ignore[arg-type]
    clock.advance(5 * HOUR)
    await keep(engine, HOURLY)
    assert await scheduler.fire() == NOON + 6 * HOUR
    assert await runs(engine.store) == []


async def test_a_change_of_something_else_keeps_the_planned_time(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY)
    await scheduler.fire()
    clock.advance(HOUR)
    await keep(engine, replace(HOURLY, description="better"))
    await scheduler.fire()
    [run] = await runs(engine.store)
    assert (await engine.store.run(run.id)).definition.description == "better"


async def test_a_definition_that_changes_while_its_run_is_started_is_started_as_it_is_then(
    engine: Engine, clock: SettableClock
) -> None:
    class Changing:
        """Changes the definition after it was read, once."""

        changed = False

        async def definitions(self, origin: str | None = None) -> tuple[StoredDefinition, ...]:
            return await engine.control.definitions(origin)

        async def launch_tree(self, definition: JobDefinition) -> Launch:
            what = await engine.control.launch_tree(definition)
            if not self.changed:
                self.changed = True
                await keep(engine, replace(HOURLY, description="better"))
            return what

    scheduler = Scheduler(engine.store, Changing(), clock, lambda: PARIS)
    await keep(engine, HOURLY)
    await scheduler.fire()
    clock.advance(HOUR)
    await scheduler.fire()
    await scheduler.fire()
    [run] = await runs(engine.store)
    assert (await engine.store.run(run.id)).definition.description == "better"


@pytest.mark.parametrize("looks_between", [True, False])
async def test_what_would_have_been_planned_while_a_definition_was_off_is_not_made_up_for(
    engine: Engine, scheduler: Scheduler, clock: SettableClock, looks_between: bool
) -> None:
    await keep(engine, HOURLY)
    await scheduler.fire()
    await engine.store.switch_definition("hourly", enabled=False)
    clock.advance(5 * HOUR)
    if looks_between:
        assert await scheduler.fire() is None
    await engine.store.switch_definition("hourly", enabled=True)
    clock.advance(5 * MINUTE)
    assert await scheduler.fire() == NOON + 6 * HOUR
    assert await runs(engine.store) == []
    assert (await schedule(engine.store)).skipped == 0
    clock.advance(HOUR)
    await scheduler.fire()
    assert len(await runs(engine.store)) == 1


async def test_a_definition_that_was_switched_off_keeps_what_is_known_of_its_runs(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY)
    await scheduler.fire()
    clock.advance(HOUR)
    await scheduler.fire()
    await engine.store.switch_definition("hourly", enabled=False)
    await scheduler.fire()
    [run] = await runs(engine.store)
    made = await schedule(engine.store)
    assert (made.next_at, made.last_planned_at, made.last_run_id) == (None, NOON + HOUR, run.id)


async def test_a_definition_that_is_deleted_or_loses_its_schedule_is_planned_no_more(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY, replace(HOURLY, id="other"))
    await scheduler.fire()
    await engine.store.delete_definition("other")
    await keep(engine, replace(HOURLY, schedule=None))
    clock.advance(2 * HOUR)
    assert await scheduler.fire() is None
    assert await engine.store.scheduled() == ()
    await keep(engine, replace(HOURLY, id="other"))
    assert await scheduler.fire() == NOON + 3 * HOUR
    assert await runs(engine.store) == []


async def test_a_schedule_that_cannot_be_used_says_so_and_the_others_go_on(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(
        engine,
        HOURLY,
        replace(HOURLY, id="bad-cron", schedule="61 * * * *"),
        replace(HOURLY, id="bad-zone", timezone="Europe/Pari"),
        replace(HOURLY, id="never", schedule="0 0 30 2 *"),
    )
    await scheduler.fire()
    clock.advance(HOUR)
    await scheduler.fire()
    assert [run.type for run in await runs(engine.store)] == ["hourly"]
    errors = [(await schedule(engine.store, each)).error or "" for each in ("bad-cron", "bad-zone", "never")]
    assert "bad minute" in errors[0]
    assert "unknown time zone" in errors[1]
    assert "never comes up" in errors[2]

    await keep(engine, replace(HOURLY, id="bad-zone"))
    await scheduler.fire()
    made = await schedule(engine.store, "bad-zone")
    assert (made.next_at, made.error) == (NOON + 2 * HOUR, None)


async def test_a_machine_without_a_named_zone_says_so_until_it_has_one(
    engine: Engine, clock: SettableClock
) -> None:
    def nameless() -> str:
        return machine_zone({"TZ": "CET-1CEST"})

    await keep(engine, HOURLY, replace(HOURLY, id="named", timezone=PARIS))
    await Scheduler(engine.store, engine.control, clock, nameless).fire()
    made = await schedule(engine.store)
    assert made.next_at is None
    assert "TZ=CET-1CEST" in (made.error or "")
    assert (await schedule(engine.store, "named")).next_at == NOON + HOUR
    await Scheduler(engine.store, engine.control, clock, lambda: PARIS).fire()
    made = await schedule(engine.store)
    assert (made.next_at, made.error) == (NOON + HOUR, None)


async def test_a_zone_that_was_unknown_for_a_while_is_planned_again(
    engine: Engine, scheduler: Scheduler, clock: SettableClock, place: Place
) -> None:
    await keep(engine, replace(HOURLY, timezone=PARIS))
    await scheduler.fire()
    place.rows("UPDATE schedules SET next_at = NULL, error = 'unknown time zone'")
    assert await scheduler.fire() == NOON + HOUR
    assert (await schedule(engine.store)).error is None


async def test_a_stored_definition_that_cannot_be_read_stops_no_other(
    engine: Engine, scheduler: Scheduler, clock: SettableClock, place: Place
) -> None:
    await keep(engine, HOURLY, replace(HOURLY, id="broken"), replace(HOURLY, id="strange", auto_start=True))
    await scheduler.fire()
    spoil(place, "broken", "[]")
    strange = '{"schedule": "0 * * * *", "auto_start": true}'
    spoil(place, "strange", strange)
    clock.advance(HOUR)
    await scheduler.start_automatic()
    await scheduler.fire()
    assert [run.type for run in await runs(engine.store)] == ["hourly"]
    for name in ("broken", "strange"):
        assert (await schedule(engine.store, name)).error == "the stored definition cannot be read"


async def test_a_run_that_cannot_be_started_loses_its_time_and_says_why(
    engine: Engine, scheduler: Scheduler, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    await keep(engine, HOURLY, replace(HOURLY, id="needs", pre_jobs=("nobody",)))
    await scheduler.fire()
    clock.advance(2 * HOUR)
    with caplog.at_level(logging.WARNING):
        await scheduler.fire()
    assert [run.type for run in await runs(engine.store)] == ["hourly"]
    made = await schedule(engine.store, "needs")
    assert (made.skipped, made.next_at, made.last_run_id) == (2, NOON + 3 * HOUR, None)
    assert "nobody" in (made.error or "")
    assert "nobody" in caplog.text

    await keep(engine, replace(HOURLY, id="nobody", schedule=None))
    clock.advance(HOUR)
    await scheduler.fire()
    made = await schedule(engine.store, "needs")
    assert (made.skipped, made.error, made.last_planned_at) == (2, None, NOON + 3 * HOUR)
    [started] = await runs(engine.store, "needs")
    assert made.last_run_id == started.id
    assert len(await runs(engine.store, "nobody")) == 1


async def test_an_unexpected_error_of_one_definition_stops_no_other(
    engine: Engine, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing:
        async def definitions(self, origin: str | None = None) -> tuple[StoredDefinition, ...]:
            return ()

        async def launch_tree(self, definition: JobDefinition) -> Launch:
            if definition.id == "a":
                raise RuntimeError("boom")
            return Launch(definition)

    scheduler = Scheduler(engine.store, Failing(), clock, lambda: PARIS)
    await keep(engine, *(replace(HOURLY, id=name, auto_start=True) for name in "ab"))
    await scheduler.fire()
    clock.advance(HOUR)
    await scheduler.fire()
    assert [run.type for run in await runs(engine.store)] == ["b"]
    assert (await schedule(engine.store, "a")).error == "a: an unexpected error: RuntimeError: boom"
    await cancel_all(engine)
    await scheduler.start_automatic()
    assert [run.type for run in await runs(engine.store)] == ["b", "b"]


NIGHTS = [
    ("30 2 * * *", PARIS, (2026, 3, 28, 12), ["03-29 01:00", "03-30 00:30"]),  # 02:30 is left out
    ("30 2 * * *", PARIS, (2026, 10, 24, 12), ["10-25 00:30", "10-26 01:30"]),  # 02:30 comes twice
    ("30 2 * * *", "America/New_York", (2026, 3, 7, 12), ["03-08 07:00", "03-09 06:30"]),
    ("30 1 * * *", "America/New_York", (2026, 10, 31, 12), ["11-01 05:30", "11-02 06:30"]),
    ("15 2 * * *", "Australia/Lord_Howe", (2026, 10, 3, 2), ["10-03 15:30", "10-04 15:15"]),
    ("45 1 * * *", "Australia/Lord_Howe", (2026, 4, 4, 2), ["04-04 14:45", "04-05 15:15"]),
]


@pytest.mark.parametrize(("cron", "zone", "start", "expected"), NIGHTS)
async def test_a_daily_time_has_one_run_in_the_night_in_which_the_clock_is_changed(
    engine: Engine,
    scheduler: Scheduler,
    clock: SettableClock,
    cron: str,
    zone: str,
    start: tuple[int, ...],
    expected: list[str],
) -> None:
    clock.set_wrong(ms(*start) - clock.now_ms())
    await keep(engine, replace(HOURLY, schedule=cron, timezone=zone, overlap=True))
    for _ in range(2 * 24 * 4):
        await scheduler.fire()
        clock.advance(15 * MINUTE)
    started = [datetime.fromtimestamp(run.created_at / 1_000, UTC) for run in await runs(engine.store)]
    assert [f"{each:%m-%d %H:%M}" for each in started] == expected


async def test_a_clock_that_is_set_back_repeats_no_run(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, replace(HOURLY, overlap=True))
    await scheduler.fire()
    clock.advance(3 * HOUR)
    await scheduler.fire()
    [run] = await runs(engine.store)
    for minutes in (1, 30, 90):
        clock.set_wrong(-minutes * MINUTE)
        for _ in range(minutes):
            await scheduler.fire()
            clock.advance(MINUTE)
        assert (await schedule(engine.store)).last_run_id == run.id
        await scheduler.fire()
    assert {each.id for each in await runs(engine.store)} == {
        run.id,
        run.id + 2,
    }  # 14:00 was made up for by 15:00


async def test_a_clock_that_is_set_back_does_not_count_a_run_that_is_open_as_in_the_way_of_itself(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY)
    await scheduler.fire()
    clock.advance(HOUR)
    await scheduler.fire()
    clock.set_wrong(-30 * MINUTE)
    assert await scheduler.fire() == NOON + HOUR
    clock.advance(HOUR // 2)
    assert await scheduler.fire() == NOON + 2 * HOUR
    kept = await schedule(engine.store)
    [run] = await runs(engine.store)
    assert (kept.skipped, kept.last_run_id) == (0, run.id)


async def test_a_clock_that_was_years_ahead_does_not_stop_the_schedule(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY)
    await scheduler.fire()
    clock.set_wrong(3_650 * DAY)
    await scheduler.fire()
    await cancel_all(engine)
    clock.set_wrong(-3_650 * DAY)
    assert await scheduler.fire() == NOON + HOUR
    clock.advance(HOUR)
    await scheduler.fire()
    assert (await schedule(engine.store)).last_planned_at == NOON + HOUR
    assert len(await runs(engine.store)) == 2


async def test_auto_start_runs_once_per_start_unless_a_run_is_open(
    engine: Engine, scheduler: Scheduler
) -> None:
    once = script_definition(script_step(), id="once", auto_start=True, overlap=True)
    await keep(
        engine, once, replace(once, id="off", enabled=False), replace(once, id="plain", auto_start=False)
    )
    await scheduler.start_automatic()
    assert [run.type for run in await runs(engine.store)] == ["once"]
    await scheduler.start_automatic()
    assert len(await runs(engine.store)) == 1
    await cancel_all(engine)
    await scheduler.start_automatic()
    assert len(await runs(engine.store)) == 2


async def test_system_definitions_are_scheduled_and_started_like_any_other(
    engine: Engine, clock: SettableClock
) -> None:
    shipped = [replace(HOURLY, id="shipped", job_type="system"), replace(HOURLY, id="first", auto_start=True)]

    class Shipped:
        async def definitions(self, origin: str | None = None) -> tuple[StoredDefinition, ...]:
            return tuple(StoredDefinition(each, "", "system", 0, 0) for each in shipped)

        async def launch_tree(self, definition: JobDefinition) -> Launch:
            return Launch(definition)

    scheduler = Scheduler(engine.store, Shipped(), clock, lambda: PARIS)
    await scheduler.start_automatic()
    await scheduler.fire()
    clock.advance(HOUR)
    await scheduler.fire()
    assert [run.type for run in await runs(engine.store)] == ["first", "shipped"]
    [schedule_of_first, schedule_of_shipped] = [
        each.schedule for each in await engine.store.scheduled(shipped)
    ]
    assert schedule_of_first is not None
    assert schedule_of_shipped is not None
    assert (schedule_of_first.skipped, schedule_of_shipped.skipped) == (1, 0)


async def test_the_loop_starts_what_is_due_and_goes_on_until_it_is_stopped(
    engine: Engine, scheduler: Scheduler, clock: SettableClock
) -> None:
    await keep(engine, HOURLY, replace(HOURLY, id="first", schedule=None, auto_start=True))
    await scheduler.fire()
    clock.advance(HOUR)
    changed = asyncio.Event()
    forget = engine.store.on_change(lambda change: changed.set() if change & Change.EVENTS else None)
    scheduler.start()
    async with asyncio.timeout(20):
        while len(await runs(engine.store)) < 2:
            await changed.wait()
            changed.clear()
    await scheduler.stop()
    forget()
    assert [run.type for run in await runs(engine.store)] == ["first", "hourly"]
    [loop] = scheduler.loops
    assert loop.task is not None
    assert loop.task.done()
    assert loop.task.exception() is None


async def test_a_store_that_cannot_be_used_ends_the_loop_with_its_error(
    place: Place, clock: SettableClock
) -> None:
    async with open_test_engine(place.url, MANAGERS, [ScriptWorker()], clock=clock) as engine:
        scheduler = Scheduler(engine.store, engine.control, clock, lambda: PARIS)
    scheduler.start()
    [loop] = scheduler.loops
    assert loop.task is not None
    await asyncio.wait([loop.task])
    assert isinstance(loop.task.exception(), StoreError)
    await scheduler.stop()


def test_the_machine_has_the_zone_that_it_was_set_to(tmp_path: Path) -> None:
    zones = tmp_path / "share" / "zoneinfo" / "Europe"
    zones.mkdir(parents=True)
    (zones / "Paris").touch()
    (zones / "Nowhere").touch()
    etc = tmp_path / "etc"
    etc.mkdir()
    assert machine_zone({"TZ": "Asia/Kolkata"}, etc) == "Asia/Kolkata"
    assert machine_zone({"TZ": ":Asia/Kolkata"}, etc) == "Asia/Kolkata"
    assert machine_zone({}, etc) == "UTC"

    (etc / "localtime").symlink_to(zones / "Paris")
    (etc / "timezone").write_text("Asia/Kolkata\n")
    assert machine_zone({}, etc) == PARIS

    (etc / "localtime").unlink()
    (etc / "localtime").write_bytes(b"a copy")
    assert machine_zone({}, etc) == "Asia/Kolkata"
    (etc / "timezone").unlink()
    with pytest.raises(ScheduleError, match="has no known name"):
        machine_zone({}, etc)
    with pytest.raises(ScheduleError, match="TZ=CET-1CEST"):
        machine_zone({"TZ": "CET-1CEST"}, etc)
    (etc / "localtime").unlink()
    (etc / "localtime").symlink_to(zones / "Nowhere")
    with pytest.raises(ScheduleError, match="has no known name"):
        machine_zone({}, etc)
