"""Agent steps on a real store: what is read, what is stored, and what is not read again."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from quaero.agents import Agent, Reading
from quaero.agents.keyword_extractor import KeywordExtractor
from quaero.agents.summarizer import Summarizer
from quaero.jobs.definitions.reader import InvalidDefinition
from quaero.jobs.engine import Engine
from quaero.jobs.manager import JobManager
from quaero.jobs.manager.agent_manager import AgentManager
from quaero.jobs.registry import PluginError
from quaero.jobs.summary import RunSummary
from quaero.jobs.worker import JobWorker, agent_processes
from quaero.jobs.worker.agent_processes import AgentProcesses
from quaero.jobs.worker.agent_worker import AgentWorker
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.document import Document
from quaero.models.errors import JobFailure
from quaero.models.job import Job, JobKind, JobState
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.testing import finish, open_test_engine, run_to_end
from tests.jobs.reading_agents import PIPE, Clashing, Watcher, WatcherOptions
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place

AGENTS: list[Agent] = [Watcher(), KeywordExtractor(), Summarizer()]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def worker() -> ScriptWorker:
    return ScriptWorker()


@pytest.fixture
async def engine(place: Place, worker: ScriptWorker) -> AsyncIterator[Engine]:
    """An engine with agents; whatever the test did, its invariants hold at the end."""
    managers: list[JobManager] = [ScriptManager(), AgentManager(AGENTS)]
    workers: list[JobWorker] = [worker, AgentWorker()]
    async with open_test_engine(place.url, managers, workers) as engine:
        yield engine
        assert await engine.store.check() == ()


async def store_pages(engine: Engine, **texts: str) -> None:
    """Documents of these names, or new contents of them."""
    children = [{"name": name, "document": text} for name, text in texts.items()]
    await run_to_end(engine, script_definition(script_step(children=children)))


def agent_step(agent: str = "watcher", **config: Any) -> JobStep:
    return JobStep(agent, "agent", {"agent_type": agent, **config})


def reading(*steps: JobStep) -> JobDefinition:
    chained = [
        JobStep(step.name, step.action, step.config, depends=(steps[number - 1].name,) if number else ())
        for number, step in enumerate(steps)
    ]
    return JobDefinition("reading", "Reading", tuple(chained))


async def read(engine: Engine, *steps: JobStep) -> RunSummary:
    return await run_to_end(engine, reading(*steps))


async def page(engine: Engine, name: str) -> Document:
    return await engine.store.document_by_url(f"https://example.org/{name}")


async def found(engine: Engine, name: str, agent: str = "watcher") -> dict[str, Any]:
    [value] = [dict(each.value) for each in (await page(engine, name)).results if each.agent == agent]
    return value


async def children(engine: Engine, run_id: int) -> dict[str, Job]:
    jobs = await engine.store.jobs(JobFilter(root_id=run_id, kind=JobKind.CHILD), limit=100)
    return {job.name: job for job in jobs.items}


def names_read(summary: RunSummary) -> int:
    return summary.steps[0].progress.counts.total


async def test_every_document_is_read_once_and_what_was_found_is_stored_with_it(engine: Engine) -> None:
    await store_pages(engine, roses="red", lilies="white")

    summary = await read(engine, agent_step())

    assert summary.job.state is JobState.COMPLETED
    assert (summary.documents.updated, summary.documents.created) == (2, 0)
    assert set(await children(engine, summary.job.id)) == {"roses", "lilies"}
    [result] = (await page(engine, "roses")).results
    assert (result.agent, result.version, result.model, result.outdated) == ("watcher", "1", "local", False)
    assert result.value["title"] == "roses"


async def test_only_what_is_new_or_changed_is_read_again(engine: Engine) -> None:
    await store_pages(engine, roses="red", lilies="white")
    step = agent_step(document_filter={"missing": True})
    assert names_read(await read(engine, step)) == 2
    assert names_read(await read(engine, step)) == 0

    await store_pages(engine, roses="pink", tulips="new", lilies="white")

    summary = await read(engine, step)
    assert set(await children(engine, summary.job.id)) == {"roses", "tulips"}


async def test_other_options_are_another_result(engine: Engine) -> None:
    await store_pages(engine, roses="red")
    await read(engine, agent_step(document_filter={"missing": True}))

    assert names_read(await read(engine, agent_step(level=1, document_filter={"missing": True}))) == 0
    assert names_read(await read(engine, agent_step(level=2, document_filter={"missing": True}))) == 1


async def test_without_missing_everything_is_read_again_and_found_unchanged(engine: Engine) -> None:
    await store_pages(engine, roses="red")
    await read(engine, agent_step("keyword_extractor"))
    summary = await read(engine, agent_step("keyword_extractor"))
    assert (summary.documents.updated, summary.documents.unchanged) == (0, 1)


async def test_the_filter_chooses_the_documents(engine: Engine) -> None:
    await store_pages(engine, roses="red", lilies="white", tulips="yellow")
    summary = await read(engine, agent_step(document_filter={"url_pattern": "/(roses|tulips)$", "limit": 1}))
    assert set(await children(engine, summary.job.id)) == {"roses"}


async def test_a_later_step_reads_what_an_earlier_one_found(engine: Engine) -> None:
    await store_pages(engine, roses="Roses need water. Roses need sun.")

    await read(engine, agent_step("keyword_extractor"), agent_step("summarizer"), agent_step())

    seen = (await found(engine, "roses"))["seen"]
    assert set(seen) == {"keyword_extractor", "summarizer"}
    assert "roses" in [each["keyword"].lower() for each in seen["keyword_extractor"]["keywords"]]


async def test_what_was_found_before_the_document_changed_is_kept_as_outdated_and_not_read(
    engine: Engine,
) -> None:
    await store_pages(engine, roses="red")
    await read(engine, agent_step("keyword_extractor"))
    await store_pages(engine, roses="pink")

    [result] = (await page(engine, "roses")).results
    assert result.outdated
    await read(engine, agent_step())
    assert (await found(engine, "roses"))["seen"] == {}


@pytest.mark.parametrize(
    ("does", "code", "told"),
    [
        ("raises", "agent_failed", "RuntimeError: no idea"),
        ("dies", "agent_failed", "died of it"),
        ("overflows", "agent_failed", "ValidationError"),
        ("hoards", "agent_failed", "memory"),
    ],
)
async def test_a_document_that_an_agent_cannot_cope_with_fails_alone(
    engine: Engine, does: str, code: str, told: str
) -> None:
    await store_pages(engine, before="good", middle="bad", later="good")

    summary = await read(engine, agent_step(does=does, concurrency=1))

    jobs = await children(engine, summary.job.id)
    assert {name: str(job.state) for name, job in jobs.items()} == {
        "before": "completed",
        "middle": "failed",
        "later": "completed",
    }
    assert jobs["middle"].error_code == code
    assert told in (jobs["middle"].error or "")


async def test_a_document_that_takes_too_long_is_given_up_with_its_process() -> None:
    processes = AgentProcesses(deadline_seconds=0.2)
    reading = Reading("roses", "bad")
    with pytest.raises(JobFailure, match=r"longer than 0\.2 seconds") as raised:
        await processes.answer(Watcher(), reading, WatcherOptions(does="sleeps"))
    assert raised.value.code == "agent_limit"
    assert processes.running == 0


async def test_a_reading_that_is_given_up_ends_its_process(tmp_path: Path) -> None:
    pipe, processes = new_pipe(tmp_path), AgentProcesses()
    reading = Reading("roses", f"{PIPE}{pipe}")
    answer = asyncio.create_task(processes.answer(Watcher(), reading, WatcherOptions()))
    writer = await asyncio.to_thread(pipe.open, "w")
    assert processes.running == 1

    answer.cancel()
    await asyncio.wait([answer])

    assert processes.running == 0
    writer.close()


async def test_no_more_processes_are_started_than_allowed_and_none_is_left() -> None:
    processes = AgentProcesses(2)
    readings = [Reading(str(number), "text") for number in range(6)]
    answers = await asyncio.gather(
        *(processes.answer(Watcher(), reading, WatcherOptions()) for reading in readings)
    )
    assert [answer["title"] for answer in answers] == [reading.title for reading in readings]
    assert processes.running == 2
    await processes.close()
    assert processes.running == 0


async def test_a_document_that_is_far_too_large_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_processes, "MOST_BYTES", 1_000)
    processes = AgentProcesses()
    with pytest.raises(JobFailure, match="too large"):
        await processes.answer(Watcher(), Reading("", "x" * 2_000), WatcherOptions())
    assert processes.running == 0


async def test_processes_that_do_not_start_are_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in ((sys.executable, "-c", "pass"), ("no such program",)):
        monkeypatch.setattr(agent_processes, "COMMAND", command)
        with pytest.raises(JobFailure, match="does not start") as raised:
            await AgentProcesses().answer(Watcher(), Reading("", "text"), WatcherOptions())
        assert raised.value.retryable


async def test_an_agent_that_prints_disturbs_nobody(engine: Engine) -> None:
    await store_pages(engine, roses="bad")
    assert (await read(engine, agent_step(does="prints"))).steps[0].progress.counts.completed == 1


async def test_an_agent_sees_no_secret_of_the_environment(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUAERO_SECRET_KEY", "secret")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    await store_pages(engine, roses="red")
    await read(engine, agent_step())
    seen = (await found(engine, "roses"))["environment"]
    assert "PATH" in seen
    assert not {"QUAERO_SECRET_KEY", "OPENAI_API_KEY"} & set(seen)


async def test_a_document_that_is_deleted_meanwhile_is_no_failure(engine: Engine, tmp_path: Path) -> None:
    pipe = new_pipe(tmp_path)
    await store_pages(engine, first=f"{PIPE}{pipe}", second="text")
    run_id = await engine.control.launch(reading(agent_step(concurrency=1)))
    work = asyncio.create_task(finish(engine, run_id))
    writer = await asyncio.to_thread(pipe.open, "w")  # the first is being read

    await engine.store.delete_document((await page(engine, "second")).id)
    writer.close()

    summary = await work
    jobs = await children(engine, run_id)
    assert summary.job.state is JobState.COMPLETED
    assert (jobs["second"].state, jobs["second"].note) == (
        JobState.COMPLETED,
        "the document is no longer there",
    )


async def test_a_document_that_is_deleted_while_it_is_read_is_no_failure(
    engine: Engine, tmp_path: Path
) -> None:
    pipe = new_pipe(tmp_path)
    await store_pages(engine, first=f"{PIPE}{pipe}")
    run_id = await engine.control.launch(reading(agent_step()))
    work = asyncio.create_task(finish(engine, run_id))
    writer = await asyncio.to_thread(pipe.open, "w")

    await engine.store.delete_document((await page(engine, "first")).id)
    writer.close()

    assert (await work).job.state is JobState.COMPLETED
    assert (await engine.store.documents(DocumentFilter())).total == 0


@pytest.mark.usefixtures("quick_deaths")
async def test_a_run_that_is_killed_in_the_middle_goes_on_and_reads_each_document_once(
    engine: Engine, place: Place, tmp_path: Path
) -> None:
    pipe = new_pipe(tmp_path)
    await store_pages(engine, first="text", second=f"{PIPE}{pipe}", third="text")
    run_id = await engine.control.launch(
        reading(agent_step(concurrency=1, document_filter={"missing": True}))
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.jobs.agent_process", place.url, str(run_id)), cwd=ROOT
    )
    writer = await asyncio.to_thread(pipe.open, "w")  # the second is being read
    process.kill()
    await process.wait()
    pipe.unlink()  # who reads for the killed process still has it open
    writer.close()
    pipe = new_pipe(tmp_path)

    work = asyncio.create_task(finish(engine, run_id))
    (await asyncio.to_thread(pipe.open, "w")).close()

    summary = await work
    jobs = await children(engine, run_id)
    assert summary.job.state is JobState.COMPLETED
    assert {name: job.attempt for name, job in jobs.items()} == {"first": 1, "second": 2, "third": 1}
    assert summary.documents.updated == 3
    assert names_read(await read(engine, agent_step(document_filter={"missing": True}))) == 0


async def test_a_run_that_is_stopped_gives_its_document_back(engine: Engine, tmp_path: Path) -> None:
    pipe = new_pipe(tmp_path)
    await store_pages(engine, first=f"{PIPE}{pipe}")
    run_id = await engine.control.launch(reading(agent_step()))
    async with engine.working(run_id):
        writer = await asyncio.to_thread(pipe.open, "w")
    writer.close()
    assert not (await engine.store.job(run_id)).state.final

    work = asyncio.create_task(finish(engine, run_id))
    (await asyncio.to_thread(pipe.open, "w")).close()
    assert (await work).job.state is JobState.COMPLETED


TEXT = """\
id = "reading"
name = "Reading"
[[steps]]
name = "read"
action = "agent"
[steps.config]
"""


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ("", "6: steps[0].config.agent_type: this key is required"),
        (
            'agent_type = "keyword_extracter"',
            '7: steps[0].config.agent_type: no agent is called "keyword_extracter"; did you mean "keyword_extractor"?',
        ),
        ('agent_type = "bard"', "known are: keyword_extractor, summarizer, watcher"),
        (
            'agent_type = "keyword_extractor"\nmax_keyword = 9',
            '8: steps[0].config.max_keyword: unknown key; did you mean "max_keywords"?',
        ),
        (
            'agent_type = "keyword_extractor"\nmax_keywords = 99',
            "8: steps[0].config.max_keywords: must be at most 15, got the number 99. Example: max_keywords = 10",
        ),
        ('agent_type = "watcher"\nmax_keywords = 9', "8: steps[0].config.max_keywords: unknown key"),
        (
            'agent_type = "watcher"\n[steps.config.document_filter]\ntag = ["x"]',
            '9: steps[0].config.document_filter.tag: unknown key; did you mean "tags"?',
        ),
        ('agent_type = "summarizer"\nstyle = "bullet"', 'did you mean "bullets"?'),
    ],
)
async def test_what_is_wrong_with_a_step_is_said_with_its_line(
    config: str, complaint: str, tmp_path: Path
) -> None:
    async with open_test_engine(tmp_path / "test.db", [AgentManager(AGENTS)], []) as engine:
        with pytest.raises(InvalidDefinition) as raised:
            await engine.control.read(TEXT + config, file="reading.toml")
    assert complaint in str(raised.value)


async def test_the_options_of_an_agent_must_not_be_called_like_a_key_of_every_step(tmp_path: Path) -> None:
    async with open_test_engine(tmp_path / "test.db", [AgentManager([Clashing()])], []) as engine:
        with pytest.raises(PluginError, match="may not be called model"):
            await engine.control.read(TEXT + 'agent_type = "clashing"', file="reading.toml")


def new_pipe(folder: Path) -> Path:
    """A named pipe: who opens it waits for the other side."""
    path = folder / "pipe"
    os.mkfifo(path)
    return path
