"""Commands that work: runs, their output, their exit codes."""

import signal
import sys
from pathlib import Path

import pytest

from tests.cli.calling import Caller, Result, lines_until, start
from tests.cli.small_site import SmallSite

UNREACHABLE = "http://127.0.0.1:9/"


def definition(folder: Path, site: SmallSite, config: str = "") -> Path:
    file = folder / "orchard.toml"
    port = site.url.split(":")[2].rstrip("/")
    file.write_text(
        f"""id = "orchard"
name = "Orchard"
[[steps]]
name = "crawl"
action = "crawl"
retry = {{ max_attempts = 1 }}
[steps.config]
start_urls = ["{site.url}"]
allow_private = ["127.0.0.1:{port}"]
{config}
""",
        encoding="utf-8",
    )
    return file


def test_a_crawl_ends_with_one_object(quaero: Caller, site: SmallSite) -> None:
    result = quaero("crawl", site.url, "--json")
    assert result.code == 0
    shape = result.json
    assert set(shape) == {"job_id", "status", "duration_seconds", "steps", "documents", "errors"}
    assert (shape["job_id"], shape["status"]) == ("1", "completed")
    assert shape["documents"] == {"created": 3, "updated": 0, "unchanged": 0}
    children = {"total": 4, "completed": 3, "failed": 1, "cancelled": 0}
    assert shape["steps"] == [
        {"name": "crawl", "action": "crawl", "status": "completed", "children": children}
    ]
    [error] = shape["errors"]
    assert (error["code"], error["count"]) == ("http_404", 1)
    assert error["example"]["name"].endswith("/lost")


def test_a_crawl_tells_people_how_it_went(quaero: Caller, site: SmallSite) -> None:
    lines = quaero("crawl", site.url).out.splitlines()
    for part in (
        "run 1 started",
        "step crawl",
        "failed: ",
        "run 1 completed",
        "3 created",
        "1 http_404",
        "quaero search",
    ):
        assert any(part in line for line in lines), part


def test_the_same_crawl_again_is_a_new_run_that_changes_nothing(crawled: Caller, site: SmallSite) -> None:
    again = crawled("crawl", site.url, "--tag", "trees", "--json").json
    assert again["job_id"] != "1"
    assert again["documents"] == {"created": 0, "updated": 0, "unchanged": 3}


def test_limits_and_patterns_of_a_crawl_hold(quaero: Caller, site: SmallSite) -> None:
    assert quaero("crawl", site.url, "--max-pages", "1", "--json").json["documents"]["created"] == 1
    assert quaero("crawl", site.url, "--max-depth", "0", "--json").json["steps"][0]["children"]["total"] == 1
    only = quaero("crawl", site.url, "--include", "/apples", "--json").json
    assert only["steps"][0]["children"]["total"] == 2


def test_patterns_that_are_none_are_all_named_by_their_option(quaero: Caller, site: SmallSite) -> None:
    result = quaero("crawl", site.url, "--include", "[", "--exclude", "(")
    assert result.code == 2
    assert [line.split(": ")[1] for line in result.err.splitlines()] == ["--include", "--exclude"]


def test_a_crawl_that_finds_nothing_fails_with_exit_code_1(quaero: Caller, tmp_path: Path) -> None:
    file = tmp_path / "gone.toml"
    file.write_text(
        f'id = "gone"\nname = "Gone"\n[[steps]]\nname = "crawl"\naction = "crawl"\nretry = {{ max_attempts = 1 }}\n'
        f'[steps.config]\nstart_urls = ["{UNREACHABLE}"]\nallow_private = ["127.0.0.1:9"]\n',
        encoding="utf-8",
    )
    result = quaero("run", str(file))
    assert result.code == 1
    assert "run 1 failed" in result.out
    assert "quaero jobs retry 1" in result.out


def test_a_crawl_can_be_saved_as_a_file_that_runs(quaero: Caller, site: SmallSite, tmp_path: Path) -> None:
    assert quaero("crawl", site.url, "--save-as", "orchard.toml").code == 0
    assert quaero("definitions", "validate", "orchard.toml").out == "orchard.toml: ok\n"
    assert quaero("run", "orchard.toml", "--json").json["documents"]["unchanged"] == 3
    text = (tmp_path / "orchard.toml").read_text(encoding="utf-8")
    assert quaero("crawl", site.url, "--save-as", "orchard.toml").code == 2
    assert (tmp_path / "orchard.toml").read_text(encoding="utf-8") == text


def test_a_file_is_kept_under_its_id_and_runs_by_it(quaero: Caller, site: SmallSite, tmp_path: Path) -> None:
    assert quaero("run", str(definition(tmp_path, site)), "--json").code == 0
    assert quaero("run", "orchard", "--json").json["documents"]["unchanged"] == 3
    [kept] = quaero("definitions", "list", "--origin", "user", "--json").json["items"]
    assert kept["id"] == "orchard"


def test_a_definition_with_errors_is_refused_with_all_of_them(
    quaero: Caller, site: SmallSite, tmp_path: Path
) -> None:
    file = definition(tmp_path, site, "max_dept = 3\nmax_pages = 0")
    for command in (("run",), ("definitions", "validate")):
        result = quaero(*command, str(file))
        told = result.err or result.out
        assert result.code == 2
        assert ("max_dept" in told, "max_pages" in told, len(told.splitlines())) == (True, True, 2)


def test_a_new_definition_is_valid_and_never_overwrites(quaero: Caller) -> None:
    assert quaero("definitions", "new", 'My "docs"').code == 0
    assert quaero("definitions", "validate", "my-docs.toml", "--json").json["files"][0]["valid"]
    assert quaero("definitions", "new", "my docs").code == 2


def test_a_run_that_has_ended_cannot_be_resumed_but_retried(crawled: Caller) -> None:
    refused = crawled("jobs", "resume", "1")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    reopened = crawled("jobs", "retry", "1", "--json").json
    assert reopened == {"id": "1", "run_id": "1", "reopened": 1}
    assert crawled("jobs", "resume", "1", "--json").json["documents"]["created"] == 3


def test_an_open_run_is_cancelled_and_then_deleted(crawled: Caller) -> None:
    crawled("jobs", "retry", "1")
    assert crawled("jobs", "delete", "1").code == 2
    assert crawled("jobs", "cancel", "1").code == 0
    assert crawled("jobs", "delete", "1", "--json").json == {"id": "1", "deleted": 6}
    assert crawled("jobs", "list", "--json").json["total"] == 0
    assert crawled("documents", "list", "--json").json["total"] == 3


def interrupted(site: SmallSite, number: signal.Signals) -> Result:
    """A crawl that is interrupted in the middle of a page."""
    site.hold_back()
    with start("crawl", site.url) as process:
        lines = lines_until(process, "step crawl started")
        assert site.asked.wait(30)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    site.let_go()
    return Result(process.returncode, "\n".join([*lines, out]), err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_left_resumable(
    quaero: Caller, site: SmallSite, number: signal.Signals
) -> None:
    result = interrupted(site, number)
    assert result.code == 130
    assert "quaero jobs resume 1" in result.out
    assert result.err == ""
    resumed = quaero("jobs", "resume", "1", "--json")
    assert resumed.code == 0
    assert resumed.json["documents"]["created"] == 3


def test_the_same_command_goes_on_with_an_interrupted_run(quaero: Caller, site: SmallSite) -> None:
    interrupted(site, signal.SIGINT)
    assert quaero("jobs", "list", "--root", "--json").json["items"][0]["status"] == "running"
    result = quaero("crawl", site.url)
    assert result.out.startswith("resuming run 1\n")
    assert "run 1 completed" in result.out


def test_an_interrupted_run_gives_its_object_too(site: SmallSite) -> None:
    site.hold_back()
    with start("crawl", site.url, "--json") as process:
        assert site.asked.wait(30)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    result = Result(process.returncode, out, err)
    assert (result.code, result.json["status"]) == (130, "running")
    assert "quaero jobs resume 1" in result.err


STOPPING = """
import asyncio
from quaero.cli.stopping import stop_signal

async def main():
    with stop_signal(lambda: print("leaving", flush=True)) as stop:
        print("ready", flush=True)
        await stop.wait()
        print("stopping", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_second_interrupt_ends_the_process_at_once() -> None:
    import subprocess

    with subprocess.Popen([sys.executable, "-c", STOPPING], stdout=subprocess.PIPE, text=True) as process:
        lines_until(process, "ready")
        process.send_signal(signal.SIGINT)
        lines_until(process, "stopping")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "leaving\n")


def test_the_demo_collects_and_finds(quaero: Caller, own_home: Path) -> None:
    result = quaero("demo")
    assert result.code == 0
    assert "step keywords completed: 59 of 59 completed" in result.out
    assert "keywords of the first: lease" in result.out
    assert "step index completed" in result.out
    assert "1. " in result.out
    assert list(own_home.rglob("*.db")) == []


def test_the_demo_keeps_its_documents_where_it_is_told(quaero: Caller) -> None:
    result = quaero("demo", "--database", "sqlite:///kept.db")
    assert result.code == 0
    printed = [line.strip() for line in result.out.splitlines() if line.startswith("  quaero ")]
    assert printed
    for command in printed:
        assert quaero(*command.split()[1:]).code == 0
