"""Retention and maintenance: what is old goes, what is open stays, and everything still adds up."""

import asyncio
from dataclasses import replace

import pytest

from quaero.jobs.orchestrator.event_hub import EventHub
from quaero.models.errors import ConflictError, EventsPrunedError
from quaero.models.outcome import End, LogLevel, LogLine, Settlement
from quaero.settings import RetentionSettings
from quaero.store.maintenance import maintain
from quaero.store.pruning import Pruned, prune, would_prune
from quaero.store.store import Store
from quaero.store.transitions import retention
from quaero.store.transitions.definitions import NewDefinition
from quaero.store.transitions.launch import Launch
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import LEASE_MS, children, document, plan

DAY_MS = 86_400_000
LINE = LogLine(0, LogLevel.INFO, "a line")
EVERYTHING = RetentionSettings(DAY_MS, DAY_MS, DAY_MS)
EVENTS = RetentionSettings(events_ms=DAY_MS)
LOGS = RetentionSettings(logs_ms=DAY_MS)
RUNS = RetentionSettings(runs_ms=DAY_MS)
VERSIONS = RetentionSettings(versions_ms=DAY_MS)
ANSWERS = RetentionSettings(answers_ms=DAY_MS)
BUDGETS = RetentionSettings(budgets_ms=DAY_MS)


async def run(store: Store, *names: str, end: End = End.COMPLETED, ends: bool = True) -> int:
    """A run with these pages, each with a document and two log lines; its id."""
    run_id = await store.launch(script_definition(script_step()))
    [parent] = (await store.claim(["script"], 1, LEASE_MS, run_id)).jobs
    await plan(store, parent, *names)
    for job in (await store.claim(["scripted"], 100, LEASE_MS, run_id)).jobs:
        documents = (document(job.name),) if end is End.COMPLETED else ()
        await store.settle(
            [
                Settlement(
                    job.id,
                    job.lease_number,
                    end,
                    documents,
                    log=(LINE, LINE),
                    error_code="bad" if end is End.FAILED else None,
                )
            ]
        )
    if ends:
        await store.fold()
    return run_id


async def test_nothing_goes_unless_it_is_said_how_long_it_is_kept(store: Store, clock: SettableClock) -> None:
    run_id = await run(store, "a")
    clock.advance(1_000 * DAY_MS)

    assert await prune(store, RetentionSettings()) == Pruned()
    assert len(await store.events(run_id)) == (await store.run(run_id)).last_event


async def test_a_run_goes_with_everything_but_its_documents(store: Store, clock: SettableClock) -> None:
    old = await run(store, "a", "b")
    clock.advance(DAY_MS)
    young = await run(store, "c")
    events = (await store.run(old)).last_event

    assert await would_prune(store, RUNS) == Pruned(1, events, 4)
    assert await prune(store, RUNS) == Pruned(1, events, 4)

    assert await children(store, old) == {}
    assert await children(store, young) == {"c": "completed"}
    assert (await store.document(1)).title == "a"
    assert await store.check() == ()
    assert await prune(store, RUNS) == Pruned()


async def test_events_of_an_old_run_go_and_the_numbers_of_later_ones_stay(
    store: Store, clock: SettableClock
) -> None:
    run_id = await run(store, "a", "b", end=End.FAILED)
    last = (await store.run(run_id)).last_event
    clock.advance(DAY_MS)

    assert await would_prune(store, EVENTS) == Pruned(events=last)
    assert await prune(store, EVENTS) == Pruned(events=last)

    assert (await store.run(run_id)).pruned_events == last
    assert await store.events(run_id, after=last) == ()
    assert await store.check() == ()
    await store.retry(run_id)
    assert (await store.events(run_id, after=last))[0].number == last + 1
    assert await store.check() == ()


@pytest.mark.parametrize("after", [0, 1])
async def test_who_asks_for_events_that_are_gone_is_told_where_they_begin(
    store: Store, clock: SettableClock, after: int
) -> None:
    run_id = await run(store, "a")
    last = (await store.run(run_id)).last_event
    clock.advance(DAY_MS)
    await prune(store, EVENTS)

    with pytest.raises(EventsPrunedError) as gone:
        await store.events(run_id, after=after)

    assert (gone.value.first, gone.value.code) == (last + 1, "events_pruned")
    assert f"before number {last + 1}" in gone.value.line()


async def test_who_follows_from_the_beginning_is_told_that_it_is_gone_and_from_the_end_sees_the_end(
    store: Store, clock: SettableClock
) -> None:
    run_id = await run(store, "a")
    last = (await store.run(run_id)).last_event
    clock.advance(DAY_MS)
    await prune(store, EVENTS)
    hub = EventHub(store)

    with pytest.raises(EventsPrunedError):
        [event async for event in hub.follow(run_id)]
    assert [event async for event in hub.follow(run_id, after=last)] == []
    hub.close()


async def test_events_that_are_half_gone_are_told_from_the_first_that_is_there(
    store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash between two batches."""
    monkeypatch.setattr(retention, "BATCH", 3)
    run_id = await run(store, "a", "b")
    clock.advance(DAY_MS)
    assert await store.backend.write(retention.prune_events, run_id, clock.now_ms()) == 3

    assert [event.number for event in await store.events(run_id, after=3, limit=2)] == [4, 5]
    assert await store.check() == ()
    await prune(store, EVENTS)
    info = await store.run(run_id)
    assert info.pruned_events == info.last_event
    assert await store.check() == ()


async def test_the_log_of_an_old_run_goes(store: Store, clock: SettableClock) -> None:
    old = await run(store, "a", "b")
    clock.advance(DAY_MS)
    young = await run(store, "c")

    assert await would_prune(store, LOGS) == Pruned(log_lines=4)
    assert await prune(store, LOGS) == Pruned(log_lines=4)

    assert await store.log(old) == ()
    assert len(await store.log(young)) == 2
    assert await store.check() == ()


async def test_batches_are_as_good_as_one(
    store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    for number in range(4):
        await run(store, *(f"page {number} {each}" for each in range(5)))
    clock.advance(DAY_MS)
    expected = await would_prune(store, EVERYTHING)

    assert expected.log_lines == 40
    assert await prune(store, EVERYTHING) == expected
    assert await store.check() == ()


async def test_a_run_that_is_half_gone_still_adds_up(
    store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash between two batches, of which the next pruning takes the rest."""
    monkeypatch.setattr(retention, "BATCH", 2)
    run_id = await run(store, "a", "b", "c", "d", "e")
    clock.advance(DAY_MS)

    while await store.backend.write(retention.prune_work_keys, run_id, clock.now_ms()):
        assert await store.check() == ()
    batches = []
    while count := await store.backend.write(retention.prune_children, run_id, clock.now_ms(), True):
        batches.append(count)
        assert await store.check() == ()

    assert batches == [2, 2, 1]
    assert (await store.job(run_id)).state == "completed"
    assert (await prune(store, RUNS)).runs == 1
    assert await store.check() == ()


def definition(timeout_ms: int | None = None) -> NewDefinition:
    """In as many variants as there are numbers."""
    return NewDefinition(replace(script_definition(script_step(), id="site"), timeout_ms=timeout_ms), "")


async def changes(store: Store) -> list[tuple[int, str]]:
    return [(each.number, each.change) for each in await store.definition_versions("site")]


async def test_what_a_definition_was_long_ago_goes_up_to_what_it_was_then(
    store: Store, clock: SettableClock
) -> None:
    for number in (1, 2, 3):
        await store.import_definitions([definition(number)])
    clock.advance(2 * DAY_MS)
    await store.import_definitions([definition(4)])
    clock.advance(DAY_MS)

    assert await would_prune(store, VERSIONS) == Pruned(versions=3)
    assert await prune(store, VERSIONS) == Pruned(versions=3)

    assert await changes(store) == [(4, "imported")]
    assert await store.check() == ()
    await store.import_definitions([definition(5)])
    assert await changes(store) == [(4, "imported"), (5, "imported")]
    assert await store.check() == ()


async def test_what_the_file_said_last_stays_so_that_an_edit_is_known(
    store: Store, clock: SettableClock
) -> None:
    await store.import_definitions([definition(1)])
    await store.import_definitions([definition(2)])
    await store.edit_definition(definition(3), version=2)
    await store.switch_definition("site", enabled=False)
    await store.switch_definition("site", enabled=True)
    clock.advance(10 * DAY_MS)

    assert (await prune(store, VERSIONS)).versions == 1

    assert [number for number, _ in await changes(store)] == [2, 3, 4, 5]
    assert (await store.definition("site")).edited
    with pytest.raises(ConflictError):
        await store.import_definitions([definition(1)])
    await store.edit_definition(definition(2), version=5)
    assert not (await store.definition("site")).edited
    assert await store.check() == ()


async def test_versions_go_in_batches_without_a_hole(
    store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(1, 8):
        await store.import_definitions([definition(number)])
    clock.advance(DAY_MS)

    while await store.backend.write(retention.prune_versions, clock.now_ms()):
        assert await store.check() == ()
    assert await changes(store) == [(7, "imported")]


async def test_answers_budgets_and_paces_go_when_they_were_last_used_long_ago(
    store: Store, clock: SettableClock
) -> None:
    for name in ("old", "used again"):
        await store.keep_answer(name, "answer")
        await store.spend(name, 5)
        await store.take_turn(name, 1_000)
    clock.advance(2 * DAY_MS)
    await store.keep_answer("used again", "another")
    await store.spend("used again", 1)
    await store.take_turn("used again", 1_000)

    assert await would_prune(store, ANSWERS) == Pruned(answers=1)
    assert await would_prune(store, BUDGETS) == Pruned(budgets=1, paces=1)
    assert await prune(store, ANSWERS) == Pruned(answers=1)
    assert await prune(store, BUDGETS) == Pruned(budgets=1, paces=1)

    assert (await store.answer("old"), await store.answer("used again")) == (None, "another")
    assert (await store.spent("old"), await store.spent("used again")) == (0, 6)
    assert await store.take_turn("used again", 1_000) == clock.now_ms() + 1_000


async def test_who_must_still_wait_for_a_service_is_not_forgotten(store: Store, clock: SettableClock) -> None:
    await store.hold_off("maps", 5 * DAY_MS)
    clock.advance(2 * DAY_MS)

    assert await prune(store, BUDGETS) == Pruned()
    assert await store.take_turn("maps", 1_000) == clock.now_ms() + 3 * DAY_MS


def test_what_was_pruned_is_told_in_a_line() -> None:
    assert str(Pruned()) == "0 runs, 0 events, 0 log lines"
    assert str(Pruned(1, 2, 3, versions=4, paces=5)) == "1 runs, 2 events, 3 log lines, 4 versions, 5 paces"


async def test_open_runs_are_never_touched(store: Store, clock: SettableClock) -> None:
    reopened = await run(store, "b", end=End.FAILED)
    await store.retry(reopened)
    open_run = await run(store, "a", ends=False)
    waiting = await store.launch(
        Launch(
            script_definition(script_step(), id="after"),
            before=(Launch(script_definition(script_step(), id="before")),),
        )
    )
    clock.advance(1_000 * DAY_MS)

    assert await prune(store, EVERYTHING) == Pruned()

    for run_id in (open_run, waiting, reopened):
        assert (await store.events(run_id))[0].number == 1
    assert len(await store.log(open_run)) == 2


async def test_a_run_that_an_open_one_waits_for_stays(store: Store, clock: SettableClock) -> None:
    after = await store.launch(
        Launch(
            script_definition(script_step(), id="after"),
            before=(Launch(script_definition(script_step(), id="before")),),
        )
    )
    [parent] = (await store.claim(["script"], 1, LEASE_MS)).jobs
    await plan(store, parent)
    await store.fold()
    assert (await store.job(parent.root_id)).state == "completed"
    await store.pause(after)
    clock.advance(DAY_MS)

    assert (await prune(store, RUNS)).runs == 0

    await store.unpause(after)
    assert (await store.job(after)).state == "pending"
    assert await store.check() == ()


async def test_a_run_that_is_tried_again_just_before_it_would_go_stays(
    store: Store, clock: SettableClock
) -> None:
    run_id = await run(store, "a", end=End.FAILED)
    clock.advance(DAY_MS)
    before = clock.now_ms()
    assert await store.backend.read(retention.old_runs, before, 0) == [(run_id,)]
    [job] = [line.job_id for line in await store.log(run_id, limit=1)]
    await store.retry(run_id)

    assert await store.backend.write(retention.prune_run, run_id, before) == 0
    assert await store.backend.write(retention.prune_work_keys, run_id, before) == 0
    assert await store.backend.write(retention.prune_children, run_id, before, False) == 0
    assert await store.backend.write(retention.prune_events, run_id, before) == 0
    assert await store.backend.write(retention.prune_log, [job], before) == 0
    assert len(await store.log(run_id)) == 2
    assert await store.check() == ()


async def test_maintenance_does_its_work_beside_running_jobs(store: Store, clock: SettableClock) -> None:
    old = await run(store, *(f"page {number}" for number in range(20)))
    clock.advance(DAY_MS)
    busy = await store.launch(script_definition(script_step()))
    [parent] = (await store.claim(["script"], 1, LEASE_MS, busy)).jobs
    await plan(store, parent, "a")

    done = [each async for each in maintain(store, EVERYTHING)]

    assert [each.operation for each in done] == ["prune", "index", "optimize", "checkpoint"]
    assert all(each.bytes_before > 0 and each.bytes_after > 0 and each.seconds >= 0 for each in done)
    assert await children(store, old) == {}
    assert "maintenance" in await store.upkeep()
    [job] = (await store.claim(["scripted"], 1, LEASE_MS)).jobs
    await store.settle([Settlement(job.id, job.lease_number, End.COMPLETED)])
    await store.fold()
    assert (await store.job(busy)).state == "completed"
    assert await store.check() == ()


@pytest.mark.only("sqlite", reason="upkeep")
async def test_a_checkpoint_empties_the_log(store: Store) -> None:
    await run(store, "a")
    assert int((await store.facts())["wal_bytes"]) > 0

    assert await store.backend.checkpoint()
    assert (await store.facts())["wal_bytes"] == 0


async def test_the_index_is_merged_and_finds_the_same(store: Store) -> None:
    for number in range(6):
        await run(store, f"page {number}")

    assert await store.backend.tidy_index() > 0
    assert await store.backend.tidy_index() == 0
    assert await store.check() == ()


async def test_a_vacuum_gives_space_back(store: Store, clock: SettableClock) -> None:
    for first in range(0, 300, 100):
        await run(store, *(f"page {number}" for number in range(first, first + 100)))
    clock.advance(DAY_MS)

    done = {each.operation: each async for each in maintain(store, EVERYTHING, vacuum=True)}

    assert list(done) == ["prune", "index", "optimize", "vacuum", "checkpoint"]
    assert (await store.facts()).get("free_bytes", 0) == 0
    assert done["checkpoint"].bytes_after < done["prune"].bytes_before
    assert (await store.document(1)).title == "page 0"
    assert await store.check() == ()


@pytest.mark.only("sqlite", reason="upkeep")
async def test_a_vacuum_is_refused_while_another_process_has_the_database_open(
    store: Store, place: Place, clock: SettableClock
) -> None:
    run_id = await run(store, "a")
    clock.advance(DAY_MS)
    other = place.store(clock=clock)

    with pytest.raises(ConflictError, match="another process has this database open"):
        [each async for each in maintain(store, EVERYTHING, vacuum=True)]

    assert (await store.job(run_id)).id == run_id
    await other.close()
    assert [each async for each in maintain(store, EVERYTHING, vacuum=True)]


async def test_two_processes_may_prune_at_once(store: Store, place: Place, clock: SettableClock) -> None:
    for number in range(10):
        await run(store, f"page {number}", "other")
    clock.advance(DAY_MS)
    expected = await would_prune(store, EVERYTHING)
    other = place.store(clock=clock)

    one, two = await asyncio.gather(prune(store, EVERYTHING), prune(other, EVERYTHING))

    assert Pruned(one.runs + two.runs, one.events + two.events, one.log_lines + two.log_lines) == expected
    assert await store.check() == ()
    await other.close()
