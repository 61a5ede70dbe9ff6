"""Logs: in order, once, and never without end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.jobs.worker import JobContext
from quaero.jobs.worker.log_buffer import LONGEST_MESSAGE, LogBuffer
from quaero.models.job import Job
from quaero.models.outcome import End, LogLevel, LogLine, Outcome, Settlement
from quaero.settings import QueueSettings
from quaero.store.reads import StoredLine
from quaero.store.store import Store
from quaero.testing import open_test_engine, run_to_end
from tests.kit import ScriptManager, script_definition, script_step
from tests.places import Place
from tests.store.tree import claim, launch, plan

SEVERITY = list(LogLevel)


def line(message: str, level: LogLevel = LogLevel.INFO, at: int = 0) -> LogLine:
    return LogLine(at, level, message)


def told(buffer: LogBuffer) -> list[str]:
    return [f"{each.level}: {each.message}" for each in buffer]


def filled(limit: int, *lines: LogLine) -> LogBuffer:
    buffer = LogBuffer(limit)
    for each in lines:
        buffer.append(each)
    return buffer


def test_a_log_within_its_limit_is_kept_as_it_is() -> None:
    lines = [line("one"), line("two", LogLevel.ERROR), line("three", LogLevel.DEBUG)]

    assert list(filled(3, *lines)) == lines


def test_what_is_beyond_the_limit_is_counted_in_a_last_line() -> None:
    buffer = filled(2, line("one"), line("two"), line("three", at=3), line("four", at=4))

    assert told(buffer) == ["info: one", "info: two", "warning: 2 lines dropped (limit 2)"]
    assert list(buffer)[-1].at == 4


def test_errors_and_warnings_push_out_what_matters_less() -> None:
    buffer = filled(
        3,
        line("start"),
        line("detail", LogLevel.DEBUG),
        line("more"),
        line("careful", LogLevel.WARNING),
        line("broken", LogLevel.ERROR),
        line("chatter"),
        line("worse", LogLevel.ERROR),
        line("again", LogLevel.WARNING),
    )

    assert told(buffer) == [
        "warning: careful", "error: broken", "error: worse", "warning: 5 lines dropped (limit 3)"
    ]  # fmt: skip


@given(st.lists(st.sampled_from(SEVERITY), max_size=60), st.integers(1, 20))
def test_the_worst_lines_are_kept_in_order_and_the_rest_is_counted(
    levels: list[LogLevel], limit: int
) -> None:
    buffer = filled(limit, *(line(str(number), level) for number, level in enumerate(levels)))

    ranked = sorted(range(len(levels)), key=lambda number: (-SEVERITY.index(levels[number]), number))
    kept = [str(number) for number in sorted(ranked[:limit])]
    assert [each.message for each in buffer][: len(kept)] == kept
    assert len(buffer) + buffer.dropped == len(levels)
    assert len(list(buffer)) == len(kept) + (len(levels) > limit)


def test_a_long_message_is_cut_with_a_mark() -> None:
    [whole, cut] = filled(2, line("x" * LONGEST_MESSAGE), line("y" * (LONGEST_MESSAGE + 5)))

    assert whole.message == "x" * LONGEST_MESSAGE
    assert cut.message == "y" * LONGEST_MESSAGE + "… (5 characters cut)"


class Flood:
    """Logs as much as its job says, then fails as often as that says."""

    worker_type = "scripted"

    def validate(self, job: Job) -> None:
        pass

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        for number in range(job.config["lines"]):
            context.log(f"line {number}")
        context.log("the last of it", LogLevel.WARNING)
        if job.config.get("raises"):
            raise RuntimeError("the end")
        return Outcome()

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("raises", [False, True])
async def test_a_job_under_flood_stores_no_more_than_its_limit(place: Place, raises: bool) -> None:
    queue = QueueSettings(max_log_lines=20)
    async with open_test_engine(place.url, [ScriptManager()], [Flood()], queue=queue) as engine:
        summary = await run_to_end(
            engine, script_definition(script_step(children=[{"lines": 5_000, "raises": raises}]))
        )
        lines = await engine.store.log(summary.job.id, limit=100_000)
        assert await engine.store.check() == ()

    attempts = 3 if raises else 1
    dropped = [each for each in lines if "dropped (limit 20)" in each.message]
    assert len(dropped) == attempts
    assert sum(each.message == "the last of it" for each in lines) == attempts
    assert len(lines) <= attempts * (20 + 2)


async def logged(store: Store, *lines: LogLine) -> tuple[int, Job, Job]:
    """A run of which two jobs have logged these lines in turn; its id and the jobs."""
    run_id, parent = await launch(store)
    await plan(store, parent, "a", "b")
    a, b = await claim(store)
    for job, part in ((a, lines[::2]), (b, lines[1::2])):
        await store.settle([Settlement(job.id, job.lease_number, End.COMPLETED, log=part)])
    return run_id, a, b


LINES = (
    line("apples", at=5),
    line("pears", LogLevel.WARNING, at=1),
    line("more apples", LogLevel.ERROR, at=3),
    line("100% plums", LogLevel.DEBUG, at=2),
)


async def messages(store: Store, job_id: int, **wanted: object) -> list[str]:
    return [each.message for each in await store.log(job_id, **wanted)]  # type: ignore[arg-type]


async def test_a_log_is_read_by_run_step_and_job_in_one_order(store: Store) -> None:
    run_id, a, b = await logged(store, *LINES)
    assert a.parent_id is not None

    whole = ["apples", "more apples", "pears", "100% plums"]
    assert await messages(store, run_id) == await messages(store, a.parent_id) == whole
    assert await messages(store, a.id) == whole[:2]
    assert await messages(store, b.id) == whole[2:]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"levels": [LogLevel.ERROR, LogLevel.DEBUG]}, ["more apples", "100% plums"]),
        ({"contains": "apples"}, ["apples", "more apples"]),
        ({"contains": "0%"}, ["100% plums"]),
        ({"contains": "APPLES"}, []),
        ({"contains": "apples", "levels": [LogLevel.ERROR]}, ["more apples"]),
        ({"newest": True, "limit": 2}, ["pears", "100% plums"]),
        ({"newest": True, "limit": 1, "contains": "apples"}, ["more apples"]),
        ({"limit": 1}, ["apples"]),
    ],
)
async def test_a_log_is_filtered(store: Store, wanted: dict[str, object], found: list[str]) -> None:
    run_id, _, _ = await logged(store, *LINES)

    assert await messages(store, run_id, **wanted) == found


@pytest.mark.parametrize("of_run", [True, False])
async def test_pages_of_a_log_have_every_line_once(store: Store, of_run: bool) -> None:
    run_id, a, _ = await logged(store, *(line(str(number)) for number in range(11)))
    await logged(store, line("of another run"), line("of another job"))
    job_id = run_id if of_run else a.id
    whole = await store.log(job_id)

    pages: list[StoredLine] = []
    after = 0
    while page := await store.log(job_id, after=after, limit=3):
        pages += page
        after = page[-1].id

    assert tuple(pages) == whole
    assert len(whole) == (11 if of_run else 6)


async def test_the_lines_of_a_refused_result_are_not_stored(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "a")
    [a] = await claim(store)
    await store.cancel(run_id)

    late = Settlement(a.id, a.lease_number, End.COMPLETED, log=(line("too late"),))
    assert await store.settle([late]) == [(a.id, a.lease_number)]

    assert "too late" not in await messages(store, a.id)
    assert await store.check() == ()
