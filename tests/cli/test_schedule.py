"""`quaero schedule`: what runs when, for people and for programs."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quaero.cli.session import Session
from quaero.jobs.scheduler import Scheduler
from quaero.main import open_engine
from quaero.testing import SettableClock
from tests.cli.calling import Caller

HOUR = 3_600_000
NOW = int(datetime(2026, 10, 24, 12, 30, tzinfo=UTC).timestamp() * 1_000)
NIGHTLY = 'schedule = "30 2 * * *"\ntimezone = "Europe/Paris"'
HOURLY = 'schedule = "0 * * * *"\ntimezone = "Asia/Kolkata"'

Keep = Callable[..., None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SettableClock:
    """The time of this machine, in the zone New York."""
    clock = SettableClock(NOW)
    monkeypatch.setattr("quaero.cli.commands.schedule._now", clock.wall_ms)
    monkeypatch.setenv("TZ", "America/New_York")
    return clock


@pytest.fixture
def keep(quaero: Caller, tmp_path: Path) -> Keep:
    """Stores a definition with these lines at its head."""

    def kept(name: str, lines: str = "") -> None:
        file = tmp_path / f"{name}.toml"
        step = '[[steps]]\nname = "index"\naction = "reindex"'
        file.write_text(f'id = "{name}"\nname = "{name}"\n{lines}\n{step}\n')
        assert quaero("definitions", "import", str(file)).code == 0

    return kept


def serve(clock: SettableClock) -> None:
    """What the scheduler of a server does at this moment."""
    Session(open_engine).ask(lambda engine: Scheduler(engine.store, engine.control, clock).fire())


def test_a_schedule_that_no_server_has_seen_is_listed_with_its_next_time(
    quaero: Caller, keep: Keep, clock: SettableClock
) -> None:
    keep("nightly", NIGHTLY)
    keep("plain")
    [item] = quaero("schedule", "list", "--json").json["items"]
    assert item == {
        "id": "nightly",
        "enabled": True,
        "schedule": "30 2 * * *",
        "explanation": "At 02:30 every day",
        "timezone": "Europe/Paris",
        "next_at": "2026-10-25T00:30:00.000Z",
        "due_at": None,
        "last_planned_at": None,
        "last_run": None,
        "skipped": 0,
        "error": None,
    }
    head, line = quaero("schedule", "list").out.splitlines()
    assert head.split() == ["id", "next", "zone", "last", "run", "skipped", "schedule"]
    assert line.split() == [
        "nightly", "2026-10-25", "02:30+02:00", "Europe/Paris", "-", "0", "At", "02:30", "every", "day"
    ]  # fmt: skip


def test_without_a_zone_the_time_is_that_of_the_machine(
    quaero: Caller, keep: Keep, clock: SettableClock
) -> None:
    keep("nightly", 'schedule = "30 2 * * *"')
    [item] = quaero("schedule", "list", "--json").json["items"]
    assert (item["timezone"], item["next_at"]) == ("America/New_York", "2026-10-25T06:30:00.000Z")


def test_what_came_of_the_last_time_is_listed(quaero: Caller, keep: Keep, clock: SettableClock) -> None:
    keep("hourly", HOURLY)
    serve(clock)
    clock.advance(3 * HOUR)
    serve(clock)
    [item] = quaero("schedule", "list", "--json").json["items"]
    assert item["last_run"] == {"id": "1", "status": "pending"}
    assert (item["last_planned_at"], item["skipped"]) == ("2026-10-24T15:30:00.000Z", 2)
    assert "1 pending" in quaero("schedule", "list").out
    quaero("jobs", "cancel", "1")
    assert "1 cancelled" in quaero("schedule", "list").out
    quaero("jobs", "delete", "1")
    assert "deleted" in quaero("schedule", "list").out


def test_a_time_that_waits_for_a_server_is_said(quaero: Caller, keep: Keep, clock: SettableClock) -> None:
    keep("hourly", HOURLY)
    serve(clock)
    clock.advance(3 * HOUR)
    [item] = quaero("schedule", "list", "--json").json["items"]
    assert (item["due_at"], item["next_at"]) == ("2026-10-24T13:30:00.000Z", "2026-10-24T16:30:00.000Z")
    due = "hourly: due since 2026-10-24 19:00+05:30, starts as soon as a server runs"
    assert due in quaero("schedule", "list").out.splitlines()


def test_a_definition_that_is_switched_off_is_listed_as_off(
    quaero: Caller, keep: Keep, clock: SettableClock
) -> None:
    keep("nightly", NIGHTLY)
    keep("other", HOURLY)
    serve(clock)
    assert quaero("definitions", "disable", "nightly").code == 0
    items = quaero("schedule", "list", "--json").json["items"]
    assert [(item["id"], item["enabled"], item["next_at"] is None) for item in items] == [
        ("nightly", False, True),
        ("other", True, False),
    ]
    assert "off" in quaero("schedule", "list").out.splitlines()[1].split()
    assert {item["id"] for item in quaero("schedule", "next", "--json").json["items"]} == {"other"}
    shown = quaero("schedule", "next", "nightly", "--count", "1").out
    assert "2026-10-25 02:30+02:00" in shown
    assert "nightly: switched off, nothing starts" in shown


def test_a_schedule_that_cannot_be_used_is_listed_with_the_reason(
    quaero: Caller, keep: Keep, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("nightly", 'schedule = "30 2 * * *"')
    monkeypatch.setenv("TZ", "CET-1CEST")
    result = quaero("schedule", "list")
    assert result.code == 0
    assert "never" in result.out
    assert "nightly: TZ=CET-1CEST: the time zone in TZ is not a known name" in result.out
    [item] = quaero("schedule", "list", "--json").json["items"]
    assert (item["next_at"], item["timezone"]) == (None, "")
    assert quaero("schedule", "next", "--json").json["items"] == []
    assert "TZ=CET-1CEST" in quaero("schedule", "next", "nightly").out


def test_a_run_that_could_not_be_started_is_listed_with_the_reason(
    quaero: Caller, keep: Keep, clock: SettableClock
) -> None:
    keep("hourly", f'{HOURLY}\npre_jobs = ["nobody"]')
    serve(clock)
    clock.advance(HOUR)
    serve(clock)
    [item] = quaero("schedule", "list", "--json").json["items"]
    assert (item["skipped"], item["last_run"]) == (1, None)
    assert "nobody" in item["error"]
    assert "nobody" in quaero("schedule", "list").out


def test_the_next_times_of_one_are_those_of_its_zone_with_what_the_clock_changes_do(
    quaero: Caller, keep: Keep, clock: SettableClock
) -> None:
    keep("nightly", NIGHTLY)
    lines = quaero("schedule", "next", "nightly", "--count", "2").out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [
        ["2026-10-25", "02:30+02:00"],
        ["2026-10-26", "02:30+01:00"],
    ]
    assert lines[3].startswith(
        "on 2026-10-25 the clock goes back from 03:00 to 02:00: what is planned for 02:30"
    )
    found = quaero("schedule", "next", "nightly", "--count", "2", "--json").json
    assert found["items"][1] == {
        "at": "2026-10-26T01:30:00.000Z",
        "local": "2026-10-26T02:30+01:00",
        "timezone": "Europe/Paris",
        "id": "nightly",
    }
    assert found["clock_changes"] == lines[3:]


def test_the_next_times_of_all_come_in_their_order(quaero: Caller, keep: Keep, clock: SettableClock) -> None:
    keep("nightly", NIGHTLY)
    keep("hourly", 'schedule = "0 */6 * * *"\ntimezone = "UTC"')
    items = quaero("schedule", "next", "--count", "4", "--json").json["items"]
    assert [item["id"] for item in items] == ["hourly", "hourly", "nightly", "hourly"]
    assert len(quaero("schedule", "next").out.splitlines()) == 11


@pytest.mark.parametrize(("name", "text"), [("plain", "has no schedule"), ("nobody", "no definition")])
def test_a_definition_without_a_schedule_has_no_next_time(
    quaero: Caller, keep: Keep, clock: SettableClock, name: str, text: str
) -> None:
    keep("plain")
    result = quaero("schedule", "next", name)
    assert result.code == 3
    assert text in result.err


def test_a_long_list_has_pages(quaero: Caller, keep: Keep, clock: SettableClock) -> None:
    for name in ("a", "b", "c"):
        keep(name, HOURLY)
    first = quaero("schedule", "list", "--limit", "2", "--json").json
    assert ([item["id"] for item in first["items"]], first["total"]) == (["a", "b"], 3)
    rest = quaero("schedule", "list", "--cursor", first["next_cursor"], "--json").json
    assert [item["id"] for item in rest["items"]] == ["c"]
