"""One time for all processes on a database, also when somebody sets the machine's clock."""

import time
from pathlib import Path

import pytest

from quaero.models.outcome import End, Settlement
from quaero.store.sqlite import shared_clock
from quaero.store.store import Store
from quaero.store.transaction import Transaction
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import claim, launch, plan, state

HOUR_MS = 3_600_000
SOON_MS = 60_000


def _now(tx: Transaction) -> int:
    return tx.now


async def now(store: Store) -> int:
    return await store.backend.write(_now)


def set_the_clock(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    true = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: true() + hours * HOUR_MS * 1_000_000)


@pytest.mark.parametrize("hours", [8, -8])
async def test_a_process_that_starts_after_the_clock_was_set_goes_by_the_time_of_the_others(
    place: Place, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    one = place.store()
    set_the_clock(monkeypatch, hours)
    other = place.store()
    run_id, parent = await launch(one, script_definition(script_step(), timeout_ms=HOUR_MS))
    await plan(one, parent, "child")
    [child] = await claim(one)
    await one.settle([Settlement(child.id, child.lease_number, End.RETRY, delay_ms=HOUR_MS)])

    await other.fail_overdue()

    assert await state(one, run_id) == "running"
    assert await claim(other) == ()
    assert abs(await now(other) - await now(one)) < SOON_MS
    for store in (one, other):
        await store.close()


async def test_for_one_process_time_never_goes_back(store: Store, clock: SettableClock) -> None:
    before = await now(store)
    clock.set_wrong(-8 * HOUR_MS)

    assert await now(store) == before


@pytest.mark.only("sqlite", reason="clock")
async def test_a_process_that_is_alone_goes_by_the_machines_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = place.store()
    before = await now(first)
    await first.close()
    set_the_clock(monkeypatch, 8)

    second = place.store()

    assert abs(await now(second) - before - 8 * HOUR_MS) < SOON_MS
    await second.close()


@pytest.mark.only("sqlite", reason="clock")
async def test_after_a_restart_of_the_machine_its_time_counts(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot_id"
    monkeypatch.setattr(shared_clock, "BOOT_ID", boot)
    boot.write_text("first\n")
    one = place.store()
    set_the_clock(monkeypatch, 8)
    boot.write_text("second\n")
    other = place.store()

    assert abs(await now(other) - await now(one) - 8 * HOUR_MS) < SOON_MS
    for store in (one, other):
        await store.close()
