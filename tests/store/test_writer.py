"""What is written: each caller's share whole or not at all, delivered after its commit, and no reader waits for it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from quaero.models.errors import ConflictError, StoreError
from quaero.models.job import JobKind, JobState
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from quaero.store.transaction import Change, Transaction
from quaero.store.transitions.launch import Launch, LaunchOptions, launch
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import announced

DEFINITION = script_definition(script_step())
SECONDS = 10


class Gate:
    """Holds the writer at one statement, and counts its commits."""

    def __init__(self) -> None:
        self.commits = 0
        self._statement = ""
        self._reached, self._open = threading.Event(), threading.Event()

    def __call__(self, statement: str) -> None:
        self.commits += statement == "COMMIT"
        if statement == self._statement:
            self._statement = ""
            self._reached.set()
            assert self._open.wait(SECONDS)

    @contextmanager
    def held_at(self, statement: str) -> Iterator[None]:
        """The next time that the writer comes to the statement it waits there until the block ends."""
        self._statement = statement
        try:
            yield
        finally:
            self._open.set()

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._reached.wait, SECONDS)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def store(place: Place, gate: Gate) -> AsyncIterator[Store]:
    store = place.store(before_statement=gate)
    yield store
    await store.close()


def launch_and_fail(tx: Transaction, error: Exception) -> None:
    """Write something, then raise."""
    launch(tx, Launch(DEFINITION), LaunchOptions())
    raise error


async def test_an_exception_undoes_only_its_own_callers_share(store: Store, gate: Gate) -> None:
    with gate.held_at("insert_run"):
        first = asyncio.create_task(store.launch(DEFINITION))
        await gate.reached()
        others = [
            asyncio.create_task(store.launch(DEFINITION)),
            asyncio.create_task(store.backend.write(launch_and_fail, ConflictError("no"))),
            asyncio.create_task(store.launch(DEFINITION)),
        ]
        await asyncio.sleep(0)
    before, failure, after = await asyncio.gather(*others, return_exceptions=True)

    assert isinstance(failure, ConflictError)
    runs = await store.jobs(JobFilter(kind=JobKind.RUN))
    assert {job.root_id for job in runs.items} == {await first, before, after}
    assert await store.check() == ()


async def test_callers_that_come_together_share_a_commit(store: Store, gate: Gate) -> None:
    with gate.held_at("insert_run"):
        first = asyncio.create_task(store.launch(DEFINITION))
        await gate.reached()
        others = [asyncio.create_task(store.launch(DEFINITION)) for _ in range(20)]
        await asyncio.sleep(0)
    await asyncio.gather(first, *others)

    assert gate.commits == 2


@pytest.mark.only("sqlite", reason="index")
async def test_an_index_that_does_not_fit_is_no_harm_to_other_callers(store: Store, gate: Gate) -> None:
    await store.backend.write(_break_index)
    with gate.held_at("insert_run"):
        first = asyncio.create_task(store.launch(DEFINITION))
        await gate.reached()
        check = asyncio.create_task(store.backend.write(_check_index))
        other = asyncio.create_task(store.launch(DEFINITION))
        await asyncio.sleep(0)
    await asyncio.gather(first, check, other, return_exceptions=True)

    assert isinstance(check.exception(), StoreError)
    assert other.exception() is None


def _break_index(tx: Transaction) -> None:
    """A document of which the index does not know."""
    tx.rows(
        "insert_document",
        source_type="test",
        canonical_url="u",
        url="u",
        title="t",
        markdown="m",
        metadata="{}",
        content_hash="",
        now=0,
        job_id=1,
        root_id=1,
    )
    tx._cursor.execute(  # type: ignore[attr-defined]
        "INSERT INTO documents_text (documents_text) VALUES ('delete-all')"
    )


def _check_index(tx: Transaction) -> None:
    tx.rows("check_index")


async def test_a_commit_that_fails_is_an_error_for_all_its_callers(place: Place) -> None:
    fails = threading.Event()

    def before_statement(statement: str) -> None:
        if statement == "COMMIT" and fails.is_set():
            raise OSError("the disk is gone")

    store = place.store(before_statement=before_statement)
    fails.set()
    answers = await asyncio.gather(store.launch(DEFINITION), store.launch(DEFINITION), return_exceptions=True)
    fails.clear()

    assert [type(answer) for answer in answers] == [OSError, OSError]
    assert (await store.jobs(JobFilter())).total == 0
    await store.launch(DEFINITION)
    await store.close()


async def test_readers_do_not_wait_for_the_writer_and_see_no_half_of_it(store: Store, gate: Gate) -> None:
    run_id = await store.launch(DEFINITION)
    with gate.held_at("COMMIT"):
        cancelling = asyncio.create_task(store.cancel(run_id))
        await gate.reached()
        assert (await store.job(run_id)).state is JobState.PENDING
        assert (await store.progress(run_id)).counts.pending == 1
    await cancelling

    assert (await store.job(run_id)).state is JobState.CANCELLED


async def test_a_result_is_delivered_after_its_commit(store: Store, gate: Gate) -> None:
    with gate.held_at("COMMIT"):
        launching = asyncio.create_task(store.launch(DEFINITION))
        await gate.reached()
        assert not launching.done()
    assert (await store.job(await launching)).state is JobState.PENDING


async def test_a_caller_that_gave_up_does_not_undo_what_it_asked_for(store: Store, gate: Gate) -> None:
    with gate.held_at("COMMIT"):
        launching = asyncio.create_task(store.launch(DEFINITION))
        await gate.reached()
        launching.cancel()
    await asyncio.wait([launching])
    await store.sign_off()  # comes after it

    assert (await store.jobs(JobFilter())).total == 2


async def test_listeners_hear_of_a_change_after_its_commit(store: Store) -> None:
    heard: asyncio.Queue[Change] = asyncio.Queue()
    forget = store.on_change(heard.put_nowait)
    await store.launch(DEFINITION)
    async with asyncio.timeout(SECONDS):
        assert Change.READY in await heard.get()

    forget()
    while not heard.empty():
        heard.get_nowait()
    await store.launch(DEFINITION)
    await announced(store)
    assert heard.empty()
