"""`quaero jobs bulk`, and the filters that it shares with `quaero jobs list`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from quaero.cli import job_filters
from quaero.cli.command_line import exit_code
from quaero.cli.session import Session
from quaero.jobs.engine import Engine
from quaero.jobs.manager import JobManager
from quaero.jobs.manager.bulk_manager import BulkManager
from quaero.jobs.manager.crawler_manager import CrawlerManager
from quaero.jobs.worker import JobWorker
from quaero.jobs.worker.bulk_worker import BulkWorker
from quaero.jobs.worker.crawler_worker import CrawlerWorker
from quaero.settings import Settings, SqliteUrl
from quaero.testing import open_test_engine
from tests.cli.calling import Caller, Result
from tests.cli.small_site import SmallSite


@asynccontextmanager
async def open_engine(settings: Settings) -> AsyncIterator[Engine]:
    managers: list[JobManager] = [CrawlerManager(), BulkManager()]
    workers: list[JobWorker] = [CrawlerWorker(), BulkWorker()]
    assert isinstance(settings.database, SqliteUrl)
    async with open_test_engine(settings.database.path, managers, workers) as engine:
        yield engine


class BulkCaller(Caller):
    """Calls commands with the kinds of work that these tests need."""

    def __call__(self, *arguments: str) -> Result:
        self._capture.readouterr()
        code = exit_code(Session(open_engine), arguments)
        output = self._capture.readouterr()
        return Result(code, output.out, output.err)


@pytest.fixture
def quaero(capsys: pytest.CaptureFixture[str], site: SmallSite) -> Caller:
    """The command, on a database that holds the crawl of the small site: run 1, four pages, one of them lost."""
    quaero = BulkCaller(capsys)
    assert quaero("crawl", site.url, "--json").code == 0
    return quaero


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (["--kind", "child"], 4), (["--kind", "run"], 1), (["--parent", "2"], 4), (["--parent", "1"], 1),
        (["--error-code", "http_404"], 1), (["--error", "404"], 1), (["--error", "nothing like it"], 0),
        (["--name", "/LOST"], 1), (["--host", "elsewhere.example"], 0), (["--older-than", "1h"], 0),
        (["--newer-than", "1h"], 6), (["--created-after", "2001-02-03"], 6), (["--finished-after", "1h"], 6),
        (["--finished-before", "2001-02-03T04:05Z"], 0), (["--kind", "child", "--state", "failed"], 1),
        (["kind:child state:failed,cancelled error:404"], 1), (["kind:run"], 1), (["kind:child", "age:<1h", "lost"], 1),
        (["state:failed", "--kind", "child"], 1), (["state:completed", "--kind", "run", "kind:run"], 1),
    ],
)  # fmt: skip
def test_a_list_and_a_bulk_operation_take_the_same_filters(
    quaero: Caller, filters: list[str], count: int
) -> None:
    listed = quaero("jobs", "list", *filters, "--json").json
    matched = quaero("jobs", "bulk", "cancel", *filters, "--dry-run", "--json").json

    assert (listed["total"], matched["total"]) == (count, count)
    assert {job["id"] for job in matched["jobs"]} == {job["id"] for job in listed["items"]}


def test_a_filter_that_cannot_be_is_answered_with_what_to_write(quaero: Caller) -> None:
    result = quaero("jobs", "list", "stat:failed")
    assert result.code == 2
    assert 'did you mean "state"? Example: state:failed,cancelled' in result.err

    result = quaero("jobs", "list", "state:failed", "--state", "completed")
    assert result.code == 2
    assert "the options and the filter say different things of the state" in result.err


def test_failed_pages_are_put_back_into_the_queue_and_nothing_else(quaero: Caller) -> None:
    result = quaero("jobs", "bulk", "retry", "--error-code", "http_404", "--expect", "1", "--yes")

    assert result.code == 0
    assert "1 put back into the queue\nwork them off: quaero worker --until-idle\n" in result.out
    assert quaero("jobs", "list", "--state", "pending", "--json").json["total"] == 1


def test_what_came_of_it_is_one_object(quaero: Caller) -> None:
    result = quaero("jobs", "bulk", "delete", "--root", "--documents", "--yes", "--json")

    assert result.json["bulk"] == {"operation": "delete", "done": 1, "others": {}}
    assert result.json["status"] == "completed"
    assert quaero("documents", "list", "--json").json["total"] == 0


def test_an_operation_that_all_refuse_fails_and_says_why(quaero: Caller) -> None:
    result = quaero("jobs", "bulk", "cancel", "--root", "--yes")

    assert result.code == 1
    assert "0 cancelled, 1 was already completed" in result.out
    run_id = quaero("jobs", "list", "--root", "--json").json["items"][0]["id"]
    assert "job 1: job 1 is already completed" in quaero("jobs", "logs", run_id).out


def test_a_dry_run_shows_the_first_ten_and_changes_nothing(quaero: Caller) -> None:
    result = quaero("jobs", "bulk", "cancel", "--all", "--dry-run")

    assert result.out.startswith("cancel: 6 jobs\n")
    assert len(result.out.splitlines()) == 8
    assert quaero("jobs", "list", "--root", "--json").json["total"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["cancel"], 2, "which jobs?"), (["cancel", "--all", "--root"], 2, "does not go with a filter"),
        (["cancel", "--all"], 2, "Add --yes"), (["delete", "--all", "--yes"], 2, "only whole runs"),
        (["priority", "--all", "--yes"], 2, "--priority"),
        (["cancel", "--all", "--expect", "7"], 2, "6 jobs match, not 7"),
        (["cancel", "--run", "99", "--yes"], 0, "no job matches"), (["explode", "--all"], 2, "explode"),
        (["cancel", "--older-than", "soon"], 2, "neither an age nor a time"),
        (["cancel", "--root", "--kind", "child"], 2, "--root means runs"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_in_one_line_and_nothing_starts(
    quaero: Caller, arguments: list[str], code: int, said: str
) -> None:
    result = quaero("jobs", "bulk", *arguments)

    assert (result.code, len(result.err.splitlines())) == (code, 1)
    assert said in result.err
    assert quaero("jobs", "list", "--root", "--json").json["total"] == 1


@pytest.mark.parametrize(("answer", "code", "runs"), [("y\n", 0, 0), ("n\n", 1, 1)])
def test_on_a_terminal_the_number_is_asked_about(
    quaero: Caller, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, runs: int
) -> None:
    asked = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return answer == "y\n"

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.confirm", confirm)
    result = quaero("jobs", "bulk", "delete", "--root")

    assert (result.code, asked) == (code, ["delete 1 job?"])
    left = quaero("jobs", "list", "--root", "--definition", "bulk-delete", "--json").json["total"]
    assert quaero("jobs", "list", "--root", "--json").json["total"] - left == runs


def test_a_moment_in_the_past_is_an_age_or_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_filters, "now_ms", lambda: 1_000_000_000)

    assert job_filters.past("2h") == 1_000_000_000 - 7_200_000
    assert job_filters.past("1970-01-02T00:00Z") == 86_400_000
