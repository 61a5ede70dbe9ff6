"""What is new: whoever comes back with a position gets every event after it once, whatever happened meanwhile."""

import asyncio
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quaero.models.errors import ConflictError, NotFoundError
from quaero.models.feed_position import FeedPosition, parse_position
from quaero.models.outcome import End
from quaero.settings import RetentionSettings
from quaero.store import feed
from quaero.store.postgres.statements import statement
from quaero.store.pruning import prune
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.crash.judgement import trials
from tests.kit import script_definition, script_step
from tests.places import Place, new_place
from tests.store.tree import LEASE_MS, plan, settlement

MEMORY = Path("/dev/shm")
DAY_MS = 86_400_000
EXAMPLES = {"sqlite": 60, "postgres": 5}
ALL = FeedPosition(0, {})


async def launch(store: Store) -> int:
    return await store.launch(script_definition(script_step(), id="test", overlap=True))


async def step(store: Store, run_id: int, end: End = End.COMPLETED) -> bool:
    """One round: plan the step, or end its child and with it the run; whether there was something to do."""
    for parent in (await store.claim(["script"], 1, LEASE_MS, run_id)).jobs:
        await plan(store, parent, "child")
        return True
    children = (await store.claim(["scripted"], 1, LEASE_MS, run_id)).jobs
    if children:
        await store.settle([settlement(child, end) for child in children])
        await store.fold()
    return bool(children)


async def finish(store: Store, run_id: int, end: End) -> None:
    while await step(store, run_id, end):
        pass


async def read_on(
    store: Store,
    position: FeedPosition,
    until: FeedPosition | None = None,
    *,
    limit: int = 1_000,
    parents_only: bool = False,
) -> tuple[list[tuple[int, int]], FeedPosition, set[int]]:
    """Everything new as (run, number), the position after it, and which runs are gone."""
    found: list[tuple[int, int]] = []
    gone: set[int] = set()
    complete = False
    while not complete:
        news = await store.news(position, until, limit=limit, parents_only=parents_only)
        assert len(news.events) <= limit
        assert not news.lost
        found += [(event.root_id, event.number) for event in news.events]
        gone |= news.gone
        position, complete = news.position, news.complete
    return found, position, gone


@dataclass
class Reader:
    """`began`: by run, the last event before it came; runs that are not in it came later."""

    position: FeedPosition
    began: dict[int, int]
    only: frozenset[int] | None
    got: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    async def read(self, store: Store, until: FeedPosition | None, limit: int) -> None:
        found, self.position, _ = await read_on(store, self.position, until, limit=limit)
        for run_id, number in found:
            self.got[run_id].append(number)

    def come_back(self) -> None:
        """As another connection, perhaps to another server."""
        parsed = parse_position(self.position.text)
        assert parsed == self.position or not self.position.text
        self.position = parsed or self.position


@dataclass
class World:
    store: Store
    clock: SettableClock
    runs: list[int] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    places: list[FeedPosition] = field(default_factory=list)

    async def last_events(self) -> dict[int, int]:
        return {run_id: (await self.store.run(run_id)).last_event for run_id in self.runs}

    async def do(self, act: str, number: int) -> None:
        run_id = self.runs[number % len(self.runs)] if self.runs else 0
        if act == "launch":
            self.runs.append(await launch(self.store))
        elif act == "come":
            await self.come(frozenset())
        elif act == "choose" and run_id:
            await self.come(frozenset({run_id, self.runs[-1]}))
        elif act == "wait":
            self.clock.advance(feed.SETTLED_MS)
        elif act.startswith("read") and self.readers:
            reader = self.readers[number % len(self.readers)]
            until = None
            if act == "read up to":
                self.places.append(await self.store.feed_position())
                until = self.places[-1 - number % min(3, len(self.places))]
            await reader.read(self.store, until, 1 + number)
            reader.come_back()
        elif run_id:
            await self.to_run(act, run_id)

    async def to_run(self, act: str, run_id: int) -> None:
        try:
            if act == "step":
                await step(self.store, run_id)
            elif act == "complete":
                await finish(self.store, run_id, End.COMPLETED)
            elif act == "fail":
                await finish(self.store, run_id, End.FAILED)
            elif act == "cancel":
                await self.store.cancel(run_id)
            elif act == "retry":
                await self.store.retry(run_id)
            elif act == "delete":
                await self.store.delete_run(run_id)
                self.runs.remove(run_id)
        except (ConflictError, NotFoundError):
            pass  # it is not the time for that

    async def come(self, only: frozenset[int]) -> None:
        position = await self.store.feed_position()
        if only:
            position = await self.store.position_in(sorted(only), position)
        self.readers.append(Reader(position, await self.last_events(), only or None))

    async def judge(self) -> None:
        """Every reader, once it has read to the end, has got what came since it came."""
        last = await self.last_events()
        for reader in self.readers:
            await reader.read(self.store, None, 7)
            for run_id in self.runs:
                if reader.only is None or run_id in reader.only:
                    assert reader.got[run_id] == [*range(reader.began.get(run_id, 0) + 1, last[run_id] + 1)]
                else:
                    assert run_id not in reader.got


WEIGHTS = {
    "launch": 3, "step": 2, "complete": 1, "fail": 4, "cancel": 1, "retry": 5, "delete": 1, "wait": 3, "come": 2,
    "choose": 1, "read": 2, "read up to": 2,
}  # fmt: skip
ACTS = st.tuples(
    st.sampled_from([act for act, weight in WEIGHTS.items() for _ in range(weight)]), st.integers(0, 9)
)


@pytest.mark.parametrize("at_once", [feed.MOST_RUNS, 2])
def test_whatever_happens_every_reader_gets_every_event_once(
    place: Place, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(feed, "MOST_RUNS", at_once)

    async def play(acts: list[tuple[str, int]]) -> None:
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            own = new_place(place.name, Path(folder))
            clock = SettableClock()
            store = own.store(clock=clock)
            try:
                world = World(store, clock)
                await world.do("come", 0)
                for act, number in acts:
                    await world.do(act, number)
                await world.judge()
            finally:
                await store.close()
                own.remove()

    @settings(max_examples=trials(EXAMPLES[place.name]), deadline=None)
    @given(st.lists(ACTS, min_size=10, max_size=40))
    def every_reader_gets_every_event_once(acts: list[tuple[str, int]]) -> None:
        asyncio.run(play(acts))

    every_reader_gets_every_event_once()


async def test_a_reader_of_parents_gets_what_is_about_runs_and_their_steps_alone(store: Store) -> None:
    position = await store.feed_position()
    run_id = await launch(store)
    await finish(store, run_id, End.COMPLETED)

    found, after, _ = await read_on(store, position, parents_only=True, limit=2)

    parents = {run_id, *(job.id for job in (await store.jobs(JobFilter(parent_id=run_id))).items)}
    everything = await store.events(run_id)
    assert found == [(run_id, event.number) for event in everything if event.job_id in parents]
    assert len(found) < len(everything)
    assert after == await store.feed_position()


async def test_what_many_children_do_is_passed_over_piece_by_piece(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "WINDOW", 2)
    run_id = await launch(store)
    await finish(store, run_id, End.COMPLETED)
    whole, _, _ = await read_on(store, ALL)
    parents, _, _ = await read_on(store, ALL, parents_only=True)
    assert set(parents) < set(whole)
    assert whole == [(run_id, event.number) for event in await store.events(run_id)]


async def test_who_follows_a_run_that_is_deleted_is_told_once(store: Store) -> None:
    run_id = await launch(store)
    position = await store.feed_position()
    await store.cancel(run_id)
    await store.delete_run(run_id)

    news = await store.news(position)
    assert news.gone == {run_id}
    assert news.events == ()
    assert (await store.news(news.position)).gone == frozenset()


async def test_a_run_that_is_gone_is_not_named_by_who_reads_up_to_an_older_position(store: Store) -> None:
    run_id = await launch(store)
    await store.cancel(run_id)
    position = await store.feed_position()
    await store.delete_run(run_id)

    news = await store.news(position, position)
    assert news.gone == {run_id}
    assert run_id not in news.position.named


async def test_who_is_ahead_of_where_others_are_gets_nothing_and_stays(store: Store) -> None:
    earlier = await store.feed_position()
    await launch(store)
    position = await store.feed_position()
    news = await store.news(position, earlier)
    assert (news.ahead, news.lost, news.events, news.position) == (True, False, (), position)


async def test_who_has_seen_more_than_there_is_is_told_so(store: Store) -> None:
    """As after a backup was restored."""
    run_id = await launch(store)
    last = (await store.run(run_id)).last_event
    for until in (None, await store.feed_position()):
        news = await store.news(FeedPosition(None, {run_id: last + 1}), until)
        assert (news.lost, news.ahead, news.position.named) == (True, False, {run_id: last})


async def test_who_comes_back_when_events_are_pruned_is_told_that_some_are_lost(
    store: Store, clock: SettableClock
) -> None:
    position = await store.feed_position()
    run_id = await launch(store)
    await store.cancel(run_id)
    clock.advance(2 * DAY_MS)
    await prune(store, RetentionSettings(events_ms=DAY_MS))

    news = await store.news(position)
    assert (news.lost, news.events) == (True, ())
    assert not (await store.news(news.position)).lost


async def test_a_run_that_shows_up_behind_younger_ones_is_not_missed(
    store: Store, clock: SettableClock
) -> None:
    """Ids are given before the commit: of two launches the later may be seen first."""
    clock.advance(feed.SETTLED_MS)
    early = await launch(store)
    late = await launch(store)
    seen = FeedPosition(early - 1, {late: (await store.run(late)).last_event})
    found, _, _ = await read_on(store, seen)
    assert {run_id for run_id, _ in found} == {early}


async def test_a_run_is_named_no_longer_when_it_has_ended_and_is_not_new(
    store: Store, clock: SettableClock
) -> None:
    run_id = await launch(store)
    await store.cancel(run_id)
    assert run_id in (await store.feed_position()).named
    clock.advance(feed.SETTLED_MS)
    assert await store.feed_position() == FeedPosition(run_id, {})


@pytest.mark.only("postgres", reason="plans")
async def test_on_a_server_every_question_can_be_answered_from_indexes(store: Store, place: Place) -> None:
    assert await store.feed_position() == ALL  # there are tables
    questions: dict[str, dict[str, object]] = {
        "runs_with_news": {"known": "[1]", "newest": 1, "limit": 9},
        "news_of_runs": {"known": "[1]"},
        "newest_runs": {"limit": 9},
        "events_between": {"root_id": 1, "after": 1, "up_to": 9, "limit": 9},
        "parent_events_between": {"root_id": 1, "after": 1, "up_to": 9, "limit": 9},
        "first_end_event": {"root_id": 1, "types": "[]"},
    }
    with psycopg.connect(place.url) as connection, connection.transaction():
        connection.execute("SET LOCAL enable_seqscan = off")
        for name, parameters in questions.items():
            rows = connection.execute(b"EXPLAIN " + statement(name).text, parameters).fetchall()
            plan = "\n".join(line for (line,) in rows)
            assert "Seq Scan" not in plan, (name, plan)
