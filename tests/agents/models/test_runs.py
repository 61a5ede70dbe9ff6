"""A step with a language model: what is asked, what it may cost over all jobs, and what is said when it cannot be."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from quaero.agents import Reading
from quaero.cli.report import outcome_lines
from quaero.jobs.engine import Engine
from quaero.jobs.manager.agent_manager import AgentManager
from quaero.jobs.spending import ModelUsage
from quaero.jobs.summary import RunSummary
from quaero.jobs.worker.agent_worker import AgentWorker
from quaero.secrets.key import SecretKey
from quaero.secrets.key_sources import VARIABLE
from quaero.testing import SettableClock, finish, open_test_engine
from quaero.views.job_shapes import run_json
from tests.agents.models.kit import GOOD, GistAgent
from tests.agents.models.runs import (
    PagesManager,
    PageWorker,
    documents,
    gist_definition,
    gists,
    keep_key,
    store_pages,
)
from tests.agents.models.servers import Answer, Asked, ModelServer, Script, Status
from tests.places import Place

KEY = "sk-nobody-may-see-0123456789"


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key of a provider is in the environment; that of the stored credentials is."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(VARIABLE, SecretKey(bytes(range(32))).text())
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def pages() -> PagesManager:
    return PagesManager()


@pytest.fixture
async def engine(place: Place, pages: PagesManager) -> AsyncIterator[Engine]:
    async with open_test_engine(
        place.url, [pages, AgentManager([GistAgent()])], [PageWorker(pages), AgentWorker()]
    ) as engine:
        yield engine
        assert await engine.store.check() == ()


def some(count: int) -> list[Reading]:
    return [
        Reading(f"Page {number}", f"Text number {number}.", f"https://p.example/{number}")
        for number in range(count)
    ]


def error_of(summary: RunSummary) -> str:
    """The code of the step's error."""
    return summary.steps[0].job.error_code or ""


async def codes(engine: Engine, summary: RunSummary) -> list[str]:
    """The error codes of the failed jobs."""
    from quaero.store.reads import JobFilter

    page = await engine.store.jobs(JobFilter(root_id=summary.job.id), limit=200)
    return sorted({job.error_code for job in page.items if job.error_code and job.kind == "child"})


async def log_of(engine: Engine, summary: RunSummary) -> list[str]:
    return [line.message for line in await engine.store.log(summary.job.id, limit=10_000)]


async def test_each_document_is_asked_about_once_and_its_result_says_by_which_model(
    engine: Engine, pages: PagesManager
) -> None:
    await store_pages(engine, pages, some(5))
    async with ModelServer(Answer(GOOD)).running() as server:
        summary = await gists(engine, gist_definition(server))

        assert summary.job.state == "completed"
        assert len(server.asked) == 5
        found = await documents(engine)
        assert [each.results[0].value["gist"] for each in found] == ["It is about roses."] * 5
        assert {each.results[0].model for each in found} == {"openai-compatible:qwen3:8b"}
        assert "the step so far: 600 tokens" in "\n".join(await log_of(engine, summary))
        assert "language model in step gist: 600 tokens" in list(outcome_lines(summary))
        [step] = cast("list[dict[str, Any]]", run_json(summary, 0)["steps"])
        assert step["model_usage"] == {"tokens": 600, "cost": 0.0}


async def test_a_step_for_what_is_missing_asks_only_about_what_is_new(
    engine: Engine, pages: PagesManager
) -> None:
    await store_pages(engine, pages, some(3))
    async with ModelServer(Answer(GOOD)).running() as server:
        await gists(engine, gist_definition(server))
        await store_pages(engine, pages, some(4))
        summary = await gists(engine, gist_definition(server, wanted={"missing": True}))

        assert summary.children.total == 1
        assert len(server.asked) == 4


async def test_a_second_run_is_answered_without_asking(engine: Engine, pages: PagesManager) -> None:
    await store_pages(engine, pages, some(3))
    async with ModelServer(Answer(GOOD)).running() as server:
        await gists(engine, gist_definition(server))
        summary = await gists(engine, gist_definition(server, max_tokens=1))

    assert summary.job.state == "completed"
    assert summary.steps[0].usage is None
    assert len(server.asked) == 3
    assert await log_of(engine, summary) == ["this was answered before: nothing is asked"] * 3


@pytest.mark.parametrize("concurrency", [1, 8])
async def test_a_budget_of_tokens_is_kept_to_the_last_one_over_all_jobs(
    engine: Engine, pages: PagesManager, concurrency: int
) -> None:
    """Each answer takes as much as was set aside for it: so three fit, and a fourth would be too much."""

    def as_dear_as_may_be(asked: Asked) -> Script:
        return Answer(GOOD, tokens_in=4_000, tokens_out=100)

    await store_pages(engine, pages, some(10))
    async with ModelServer(behaviour=as_dear_as_may_be).running() as server:
        definition = gist_definition(
            server, max_tokens=16_000, max_answer=100, concurrency=concurrency, attempts=1
        )
        summary = await gists(engine, definition)

        step = summary.steps[0].job
        used = await engine.store.spent(f"model:tokens:{summary.job.id}/{step.id}:used")
        assert used == 4_100 * len(server.asked)
        assert used <= 16_000
        assert await engine.store.spent(f"model:tokens:{summary.job.id}/{step.id}") == used
        assert summary.children.completed == len(server.asked) == 3
        assert await codes(engine, summary) == ["model_budget_spent"]


async def test_what_is_set_aside_and_not_used_is_there_for_the_next(
    engine: Engine, pages: PagesManager
) -> None:
    """A question sets aside more than a third of the budget and uses little of it: all ten are answered."""
    await store_pages(engine, pages, some(10))
    async with ModelServer(Answer(GOOD)).running() as server:
        definition = gist_definition(server, max_tokens=10_000, max_answer=100, concurrency=8, attempts=1)
        summary = await gists(engine, definition)

    assert summary.children.completed == 10
    step = summary.steps[0].job
    assert await engine.store.spent(f"model:tokens:{summary.job.id}/{step.id}") == 1_200


async def test_a_budget_of_dollars_is_kept_by_the_price_of_the_definition(
    engine: Engine, pages: PagesManager
) -> None:
    await store_pages(engine, pages, some(6))
    async with ModelServer(Answer(GOOD, tokens_in=1_000, tokens_out=1_000)).running() as server:
        definition = gist_definition(
            server,
            max_cost=0.05,
            max_answer=1_000,
            price={"input": 1.0, "output": 10.0},
            concurrency=8,
            attempts=1,
        )
        summary = await gists(engine, definition)

        usage = summary.steps[0].usage
        assert usage == ModelUsage(2_000 * len(server.asked), 0.011 * len(server.asked))
        assert 0 < usage.cost <= 0.05
        assert await codes(engine, summary) == ["model_budget_spent"]
        assert "$0.01" in "\n".join(await log_of(engine, summary))


async def test_a_run_has_a_budget_of_its_own(engine: Engine, pages: PagesManager) -> None:
    await store_pages(engine, pages, some(1))
    async with ModelServer(Answer(GOOD, tokens_in=4_000)).running() as server:
        for _ in range(3):
            definition = gist_definition(server, max_tokens=6_000, max_answer=100, cache=False)
            assert (await gists(engine, definition)).children.completed == 1


async def test_questions_have_their_pace_over_all_jobs(place: Place, pages: PagesManager) -> None:
    """The clock stands still, so that a second question would have to wait for ever: one is asked, others wait."""
    clock = SettableClock()
    async with (
        ModelServer(Answer(GOOD)).running() as server,
        open_test_engine(
            place.url, [pages, AgentManager([GistAgent()])], [PageWorker(pages), AgentWorker()], clock=clock
        ) as engine,
    ):
        await store_pages(engine, pages, some(4))
        definition = gist_definition(server, requests_per_minute=0.01, attempts=1)
        summary = await gists(engine, definition)

    assert len(server.asked) == 1
    assert summary.children.completed == 1
    assert summary.children.failed == 3


async def test_a_busy_server_is_asked_again_after_its_pause(engine: Engine, pages: PagesManager) -> None:
    await store_pages(engine, pages, some(1))
    async with ModelServer(Status(429, {"Retry-After": "1"}), Answer(GOOD)).running() as server:
        summary = await gists(engine, gist_definition(server))

        assert summary.children.completed == 1
        assert len(server.asked) == 2
        assert any("again in" in line for line in await log_of(engine, summary))


async def test_a_refused_key_fails_at_once_and_is_told_to_nobody(
    engine: Engine, pages: PagesManager, place: Place
) -> None:
    await store_pages(engine, pages, some(1))
    async with ModelServer(Status(401, message=f"wrong key {KEY}")).running() as server:
        await keep_key(engine, server, KEY)
        summary = await gists(engine, gist_definition(server, auth="provider"))

        assert await codes(engine, summary) == ["model_key_refused"]
        assert len(server.asked) == 1
        assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"
        assert KEY not in place.content()


async def test_stored_credentials_go_to_their_own_server_only(engine: Engine, pages: PagesManager) -> None:
    await store_pages(engine, pages, some(1))
    async with ModelServer(Answer(GOOD)).running() as server, ModelServer(Answer(GOOD)).running() as other:
        await keep_key(engine, server, KEY)
        summary = await gists(engine, gist_definition(other, auth="provider"))

        assert error_of(summary) == "no_model_key"
        assert not other.asked


async def test_a_key_of_the_environment_goes_to_no_address_of_a_definition(
    engine: Engine, pages: PagesManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    await store_pages(engine, pages, some(1))
    async with ModelServer(Answer(GOOD)).running() as server:
        summary = await gists(engine, gist_definition(server, "openai"))

        assert summary.children.completed == 1
        assert KEY not in json.dumps(server.asked[0].headers)


async def test_a_missing_key_is_said_once_when_the_step_is_planned(
    engine: Engine, pages: PagesManager
) -> None:
    await store_pages(engine, pages, some(3))
    async with ModelServer(Answer(GOOD)).running() as server:
        summary = await gists(engine, gist_definition(server, "anthropic", base_url=False))

    assert error_of(summary) == "no_model_key"
    assert "Set ANTHROPIC_API_KEY" in (summary.steps[0].job.error or "")
    assert summary.children.total == 0


async def test_a_limit_to_the_cost_needs_a_price(engine: Engine, pages: PagesManager) -> None:
    await store_pages(engine, pages, some(1))
    async with ModelServer(Answer(GOOD)).running() as server:
        definition = gist_definition(server, "openai", name="nobody-knows-this", max_cost=1.0)
        summary = await gists(engine, definition)

        assert error_of(summary) == "model_price_unknown"
        assert not server.asked


async def test_a_run_that_is_cancelled_ends_a_question_that_is_under_way(
    engine: Engine, pages: PagesManager
) -> None:
    await store_pages(engine, pages, some(1))
    async with ModelServer(Answer(GOOD)).running() as server:
        server.gate.clear()
        run_id = await engine.control.launch(gist_definition(server))
        end = asyncio.create_task(finish(engine, run_id))
        await server.arrived.wait()
        await engine.control.cancel(run_id)
        summary = await end
        server.gate.set()

    assert summary.job.state == "cancelled"


CONFIG = {
    "agent_type": "gist",
    "model": "openai-compatible:qwen3",
    "model_settings": {"base_url": "http://localhost:1/v1"},
}


def complaint(config: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as error:
        AgentManager([GistAgent()]).config_model.model_validate(CONFIG | config)
    return str(error.value)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model": "opnai:gpt"}, "'opnai:gpt' is no model"),
        ({"model": "gpt-5"}, "is no model"),
        ({"model": "openai"}, 'write "openai:NAME"'),
        ({"model": "openai:"}, 'write "openai:NAME"'),
        ({"model": "openai: gpt"}, "does not name a model"),
        ({"model_settings": {}}, "needs the base_url"),
        ({"model_settings": {"base_url": "ftp://x"}}, "no http or https URL"),
        ({"model_settings": {"base_url": "http://u:p@x/v1"}}, "holds a user or password"),
        ({"model_settings": {"base_url": "http://x/v1?key=1"}}, "more than scheme"),
        ({"model_settings": {"base_url": "http://[x/v1"}}, "is no URL"),
        ({"model_settings": {"base_url": "http://x", "api_key": "sk-1"}}, "api_key"),
        ({"model_settings": {"base_url": "http://x", "timeout": "0s"}}, "more than nothing"),
        ({"model_settings": {"base_url": "http://x", "max_cost": -1}}, "max_cost"),
        ({"model_settings": {"base_url": "http://x", "requests_per_minute": 0}}, "requests_per_minute"),
        ({"model": "local", "model_settings": {"max_cost": 1.0}}, "the local model has none"),
    ],
)
def test_settings_that_cannot_work_are_said_when_the_definition_is_read(
    config: dict[str, Any], said: str
) -> None:
    assert said in complaint(config)


def test_a_package_that_is_not_installed_is_named_with_the_line_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quaero.agents.models.providers.find_spec", lambda _: None)

    assert 'pip install "quaero[agents]"' in complaint({})
    assert AgentManager([GistAgent()]).config_model.model_validate({"agent_type": "gist"})


@pytest.mark.parametrize(
    ("key", "value"),
    [("max_cost", True), ("requests_per_minute", "5"), ("max_tokens", 1.5), ("max_cost", float("nan"))],
)
def test_a_limit_is_a_number(key: str, value: object) -> None:
    assert key in complaint({"model_settings": {"base_url": "http://x", key: value}})


async def test_a_budget_holds_over_processes(place: Place, pages: PagesManager) -> None:
    """Two engines work on one run, as two processes do."""

    def process() -> AbstractAsyncContextManager[Engine]:
        return open_test_engine(
            place.url, [pages, AgentManager([GistAgent()])], [PageWorker(pages), AgentWorker()]
        )

    async with (
        ModelServer(Answer(GOOD, tokens_in=4_000, tokens_out=100)).running() as server,
        process() as one,
        process() as two,
    ):
        await store_pages(one, pages, some(12))
        definition = gist_definition(server, max_tokens=20_000, max_answer=100, concurrency=12, attempts=1)
        run_id = await one.control.launch(definition)
        summary, _ = await asyncio.gather(finish(one, run_id), finish(two, run_id))

        assert summary.children.total == 12
        assert summary.steps[0].usage == ModelUsage(4_100 * len(server.asked), 0.0)
        assert 1 <= len(server.asked) <= 4
        step = summary.steps[0].job
        assert await one.store.spent(f"model:tokens:{run_id}/{step.id}") == 4_100 * len(server.asked)
