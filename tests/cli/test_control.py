"""Steering runs: from another process, while they work, and what is refused."""

import json
import signal
from collections.abc import Iterable
from typing import Any

import pytest

from tests.cli.calling import Caller, end_of, lines_until, running
from tests.cli.desk import Desk

NOT_BY_HEARTBEAT = {"QUAERO_QUEUE_LEASE": "2h", "QUAERO_QUEUE_HEARTBEAT": "1h"}


def status(quaero: Caller, job_id: str = "1") -> str:
    return str(quaero("jobs", "show", job_id, "--json").json["status"])


def children(quaero: Caller, job_id: str = "1") -> dict[str, int]:
    counts = quaero("jobs", "show", job_id, "--json").json["children"]
    return {state: count for state, count in counts.items() if count}


def moves(quaero: Caller, run_id: str = "1") -> list[tuple[str, str, str]]:
    """(job, state before, state after) of all that happened so far in a run that has ended."""
    lines = quaero("jobs", "follow", run_id, "--json").out.splitlines()
    events = [json.loads(line) for line in lines]
    return [
        (event["job_id"], event["data"]["before"], event["data"]["after"])
        for event in events
        if event["type"] == "job_status_change"
    ]


def job_named(quaero: Caller, name: str) -> str:
    [job] = [job for job in quaero("jobs", "list", "--json").json["items"] if job["name"] == name]
    return str(job["id"])


# Pause and resume


def test_a_pause_from_another_process_starts_nothing_more_and_what_runs_may_finish(
    quaero: Caller, desk: Desk
) -> None:
    with running("run", str(desk.definition(count=3, step="concurrency = 1"))) as process:
        first = desk.next()
        assert quaero("jobs", "pause", "1").code == 0
        first.release()
        assert quaero("jobs", "wait", job_named(quaero, first.name)).code == 0
        assert (status(quaero), children(quaero)) == ("paused", {"total": 3, "pending": 2, "completed": 1})
        resumed = quaero("jobs", "resume", "1")
        assert "run 1 is running" in resumed.out
        second = desk.next()
        desk.open()
        second.release()
        assert end_of(process).code == 0
    moved = moves(quaero)
    pause, resume = moved.index(("1", "running", "paused")), moved.index(("1", "paused", "running"))
    assert [move for move in moved[pause:resume] if move[1:] == ("pending", "running")] == []


def test_a_paused_run_without_workers_goes_on_where_it_is_resumed(quaero: Caller, desk: Desk) -> None:
    assert quaero("run", str(desk.definition()), "--detach").code == 0
    assert quaero("jobs", "pause", "1").code == 0
    desk.open()
    assert quaero("jobs", "resume", "1", "--json").json["status"] == "completed"


def test_a_resumed_run_is_left_to_the_worker_that_is_there(quaero: Caller, desk: Desk) -> None:
    assert quaero("run", str(desk.definition()), "--detach").code == 0
    assert quaero("jobs", "pause", "1").code == 0
    with running("worker") as worker:
        lines_until(worker, "worker started")
        resumed = quaero("jobs", "resume", "1")
        assert (resumed.code, "--watch" in resumed.out) == (0, True)
        assert desk.next().pid == worker.pid


def test_a_resumed_run_can_be_left_lying(quaero: Caller, desk: Desk) -> None:
    assert quaero("run", str(desk.definition()), "--detach").code == 0
    assert quaero("jobs", "pause", "1").code == 0
    resumed = quaero("jobs", "resume", "1", "--detach")
    assert resumed.code == 0
    assert "nobody works on it" in resumed.out
    assert status(quaero) == "pending"


def test_a_paused_definition_is_resumed_before_it_runs_again(quaero: Caller, desk: Desk) -> None:
    assert quaero("run", str(desk.definition()), "--detach").code == 0
    assert quaero("jobs", "pause", "1").code == 0
    refused = quaero("run", "desk")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "quaero jobs resume 1" in refused.err


@pytest.mark.parametrize(
    ("gate", "hint"),
    [
        (["--all"], "everything is paused"),
        (["--definition", "desk"], "definition desk is paused"),
        (["--type", "desk_job"], "type desk_job is paused"),
        (["--host", "desk.example"], None),
    ],
)
def test_all_or_a_kind_of_jobs_is_paused_and_goes_on(
    quaero: Caller, desk: Desk, gate: list[str], hint: str | None
) -> None:
    with running("run", str(desk.definition(count=2, step="concurrency = 1"))) as process:
        first = desk.next()
        assert quaero("jobs", "pause", *gate).code == 0
        [shown] = quaero("jobs", "gates", "--json").json["items"]
        assert (f"--{shown['scope']}", shown["paused"], shown["concurrency"]) == (gate[0], True, None)
        first.release()
        assert quaero("jobs", "wait", job_named(quaero, first.name)).code == 0
        assert children(quaero) == {"total": 2, "pending": 1, "completed": 1}
        if hint is not None:
            assert any(hint in line for line in quaero("jobs", "show", "1", "--json").json["hints"])
        assert quaero("jobs", "resume", *gate).code == 0
        desk.next().release()
        assert end_of(process).code == 0
    assert quaero("jobs", "gates", "--json").json["items"] == []


@pytest.mark.parametrize(
    "gate", [["--all"], ["--definition", "desk"], ["--type", "desk_job"], ["--host", "Desk.Example"]]
)
def test_a_limit_holds_until_it_is_taken_away(quaero: Caller, desk: Desk, gate: list[str]) -> None:
    file = desk.definition(count=4)
    assert quaero("jobs", "limit", *_known(quaero, file.name, gate), "1", "--json").json["concurrency"] == 1
    with running("run", str(file)) as process:
        desk.next().release()
        one_at_a_time = desk.next()
        assert children(quaero)["running"] == 1
        assert quaero("jobs", "limit", *gate, "0").code == 0
        together = [desk.next(), desk.next()]
        for visitor in (one_at_a_time, *together):
            visitor.release()
        assert end_of(process).code == 0
    assert quaero("jobs", "gates", "--json").json["items"] == []


def _known(quaero: Caller, file: str, gate: list[str]) -> list[str]:
    """The gate, once what it names is known."""
    if gate[0] == "--definition":
        assert quaero("definitions", "import", file).code == 0
    return gate


# Cancel


def test_a_cancel_from_another_process_stops_the_job_that_runs_and_does_not_wait_for_a_heartbeat(
    quaero: Caller, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in NOT_BY_HEARTBEAT.items():
        monkeypatch.setenv(name, value)
    with running("run", str(desk.definition(count=2, step="concurrency = 1"))) as process:
        visitor = desk.next()
        assert quaero("jobs", "cancel", "1", "--json").json["cancelled"] == 4
        visitor.wait_until_gone()
        result = end_of(process)
    assert (result.code, "run 1 cancelled" in result.out) == (1, True)
    assert children(quaero) == {"total": 2, "cancelled": 2}
    assert desk.empty


# New runs: detached, later, first, once


def test_a_detached_run_says_how_to_watch_it_and_that_nobody_works(quaero: Caller, desk: Desk) -> None:
    result = quaero("run", str(desk.definition()), "--detach")
    assert result.code == 0
    assert "quaero jobs tree 1 --watch" in result.out
    assert "quaero worker" in result.out
    assert desk.empty


def test_a_detached_run_is_one_object(quaero: Caller, desk: Desk) -> None:
    shape = quaero("run", str(desk.definition()), "--detach", "--priority", "high", "--json").json
    assert (shape["id"], shape["status"], shape["priority"]) == ("1", "pending", -10)


@pytest.mark.parametrize(
    "when", [["--delay", "2h"], ["--at", "2199-12-31 03:00"], ["--at", "2199-12-31T03:00Z"]]
)
def test_a_run_for_later_waits_for_its_time(quaero: Caller, desk: Desk, when: list[str]) -> None:
    shape = quaero("run", str(desk.definition()), *when, "--json").json
    assert shape["run_at"] > shape["created_at"]
    assert "starts in " in quaero("jobs", "list", "--root").out
    assert "starts in " in quaero("jobs", "tree", "1").out
    assert any("starts in " in hint for hint in quaero("jobs", "show", "1", "--json").json["hints"])


def test_options_of_a_new_run_that_make_no_sense_are_one_line(quaero: Caller, desk: Desk) -> None:
    options = (
        "--at 2001-01-01T03:00", "--at tomorrow", "--delay soon", "--delay 1h --at 2199-12-31",
        "--priority urgent", "--priority 1.5", "--key=",
    )  # fmt: skip
    file = str(desk.definition())
    assert refusals(quaero, [(f"run {file} {each}", 2) for each in options]) == []
    assert quaero("jobs", "list", "--json").json["total"] == 0


def test_two_launches_with_one_key_are_one_run(quaero: Caller, desk: Desk) -> None:
    file = str(desk.definition(more="overlap = true"))
    launched = [
        quaero("run", file, "--detach", "--key", key, "--json").json["id"] for key in ("a", "a", "b", "a")
    ]
    assert launched[0] == launched[1] == launched[3] != launched[2]
    desk.open()
    assert quaero("run", file, "--key", "b", "--json").json["job_id"] == launched[2]


def test_runs_of_smaller_priority_go_first_also_when_it_is_changed(quaero: Caller, desk: Desk) -> None:
    ids = {}
    for name, priority in (("a", "low"), ("b", "normal"), ("c", "high")):
        file = str(desk.definition(name))
        ids[name] = quaero("run", file, "--detach", "--priority", priority, "--json").json["id"]
    assert quaero("jobs", "priority", ids["a"], "-20", "--json").json == {"id": ids["a"], "priority": -20}
    desk.open()
    with running("worker", "--concurrency", "1", "--until-idle") as worker:
        assert end_of(worker).code == 0
    assert [desk.next().name for _ in ids] == ["a 1", "c 1", "b 1"]


def test_a_rerun_is_a_new_run_of_the_same(quaero: Caller, desk: Desk) -> None:
    desk.open()
    assert quaero("run", str(desk.definition(count=2))).code == 0
    again = quaero("jobs", "rerun", "1", "--json").json
    assert again["status"] == "completed"
    shown = quaero("jobs", "show", again["job_id"], "--json").json
    assert (shown["launched_by"], shown["origin_id"]) == ("rerun", "1")
    assert quaero("jobs", "rerun", "1", "--detach", "--json").json["status"] == "pending"


def test_a_run_is_deleted_with_its_documents(quaero: Caller, desk: Desk) -> None:
    desk.open()
    assert quaero("run", str(desk.definition(count=2))).code == 0
    assert quaero("jobs", "rerun", "1").code == 0
    assert quaero("jobs", "delete", "1").code == 0
    assert quaero("documents", "list", "--json").json["total"] == 4
    [second] = quaero("jobs", "list", "--root", "--json").json["items"]
    assert quaero("jobs", "delete", second["id"], "--documents").code == 0
    assert quaero("documents", "list", "--json").json["total"] == 2


# Runs before and after


def chain(quaero: Caller, desk: Desk) -> str:
    """Import a definition that runs one before itself and one after; its id."""
    files = [
        desk.definition("before"),
        desk.definition("after"),
        desk.definition("main", more='pre_jobs = ["before"]\npost_jobs = ["after"]'),
    ]
    assert quaero("definitions", "import", *map(str, files)).code == 0
    return "main"


def test_a_run_in_the_foreground_works_off_those_before_and_after_it(quaero: Caller, desk: Desk) -> None:
    desk.open()
    result = quaero("run", chain(quaero, desk), "--json")
    assert result.code == 0
    shape = result.json
    assert shape["status"] == "completed"
    assert [[run["status"] for run in shape[place]] for place in ("before", "after")] == [["completed"]] * 2
    assert [desk.next().name for _ in range(3)] == ["before 1", "main 1", "after 1"]


def test_one_of_them_that_fails_ends_the_rest_and_the_exit_code_is_1(quaero: Caller, desk: Desk) -> None:
    with running("run", chain(quaero, desk)) as process:
        desk.next().release("fail")
        result = end_of(process)
    assert result.code == 1
    assert "main: cancelled" in result.out.lower()
    assert desk.empty


def test_an_interrupted_chain_goes_on_where_it_was(quaero: Caller, desk: Desk) -> None:
    with running("run", chain(quaero, desk), "--json") as process:
        desk.next().release()
        desk.next()
        process.send_signal(signal.SIGINT)
        interrupted = end_of(process)
    assert (interrupted.code, interrupted.json["status"]) == (130, "running")
    desk.open()
    resumed = quaero("jobs", "resume", interrupted.json["job_id"], "--json")
    assert (resumed.code, resumed.json["status"]) == (0, "completed")
    assert [desk.next().name for _ in range(2)] == ["main 1", "after 1"]


# Looking on


def test_a_type_that_nobody_works_on_is_said(quaero: Caller, desk: Desk) -> None:
    with running("run", str(desk.definition(step='type = "elsewhere"'))) as process:
        lines = lines_until(process, "no worker for elsewhere")
        assert "install the package that brings it" in lines[-1]
        for command in ("show", "tree"):
            assert "no worker for elsewhere" in quaero("jobs", command, "1").out
        process.send_signal(signal.SIGINT)
        assert end_of(process).code == 130
    assert "nobody works on it" in quaero("jobs", "tree", "1").out


@pytest.mark.parametrize(("answer", "code"), [("done", 0), ("fail", 1)])
def test_a_run_is_watched_to_its_end_from_another_process(
    quaero: Caller, desk: Desk, answer: str, code: int
) -> None:
    with running("run", str(desk.definition())) as process:
        visitor = desk.next()
        with (
            running("jobs", "tree", "1", "--watch") as watch,
            running("jobs", "show", "1", "--watch") as show,
        ):
            lines_until(watch, "step work started")
            lines_until(show, "running 1,")
            visitor.release(answer)
            watched, shown = end_of(watch), end_of(show)
        assert end_of(process).code == code
    ended = "completed" if code == 0 else "failed"
    assert (watched.code, f"run 1 {ended}" in watched.out) == (code, True)
    assert (shown.code, f"status:           {ended}" in shown.out) == (code, True)


def test_a_list_is_watched_until_it_is_interrupted(quaero: Caller, desk: Desk) -> None:
    with running("jobs", "list", "--root", "--watch") as watch:
        lines_until(watch, "id  status")
        assert quaero("run", str(desk.definition()), "--detach").code == 0
        lines_until(watch, "pending")
        watch.send_signal(signal.SIGINT)
        assert end_of(watch).code == 130


def test_those_who_work_are_listed(quaero: Caller, desk: Desk) -> None:
    assert quaero("jobs", "workers", "--json").json["items"] == []
    with running("run", str(desk.definition())) as process:
        visitor = desk.next()
        [shown] = quaero("jobs", "workers", "--json").json["items"]
        assert (shown["role"], shown["pid"], shown["run_id"], shown["running"]) == (
            "run",
            process.pid,
            "1",
            1,
        )
        assert {"desk", "desk_job"} <= set(shown["types"])
        assert "run 1" in quaero("jobs", "workers").out
        visitor.release()
        assert end_of(process).code == 0
    assert quaero("jobs", "workers", "--json").json["items"] == []


# What is refused


def everything(quaero: Caller) -> Any:
    commands = (("jobs", "list"), ("jobs", "gates"), ("documents", "list"), ("db", "check"))
    return [quaero(*command, "--json").json for command in commands]


REFUSED = (
    ("jobs cancel 1", 2),
    ("jobs retry 1", 2),
    ("jobs pause 1", 2),
    ("jobs pause 3", 2),
    ("jobs resume 1", 2),
    ("jobs resume 3", 2),
    ("jobs rerun 3", 2),
    ("jobs delete 3", 2),
    ("jobs priority 1 5", 2),
    ("jobs priority 1 high", 2),
    ("jobs priority 1 --high", 2),
    ("jobs pause", 2),
    ("jobs pause 1 --all", 2),
    ("jobs pause --all --host a.example", 2),
    ("jobs pause --host=", 2),
    ("jobs pause --type nobody", 3),
    ("jobs pause --definition nobody", 3),
    ("jobs resume --all", 3),
    ("jobs resume --type desk_job", 3),
    ("jobs resume", 2),
    ("jobs resume 1 --here --detach", 2),
    ("jobs limit 3", 2),
    ("jobs limit --all", 2),
    ("jobs limit --all -1", 2),
    ("jobs limit --all some", 2),
    ("jobs limit --alle 3", 2),
    ("jobs limit --type nobody 3", 3),
    ("jobs limit --definition nobody 3", 3),
    ("jobs wait 1 99", 3),
    ("jobs wait 1 --timeout soon", 2),
    ("jobs wait", 2),
    ("jobs follow 99", 3),
    ("jobs follow 1 --after -1", 2),
    *((f"jobs {command} 99", 3) for command in ("pause", "resume", "rerun", "delete", "retry", "cancel")),
    ("jobs priority 99 1", 3),
    ("jobs list --watch --json", 2),
    ("jobs tree 1 --watch --json", 2),
    ("worker --types desk_jobs", 2),
    ("worker --types ,", 2),
    ("worker --processes 0", 2),
    ("serve --workers -1", 2),
)
"""What makes no sense for run 1 that has completed, with its exit code."""


def refusals(quaero: Caller, cases: Iterable[tuple[str, int]]) -> list[object]:
    """Call them all; those that do not end as they should, with one line, or that change something."""
    before = everything(quaero)
    wrong: list[object] = []
    for arguments, code in cases:
        result = quaero(*arguments.split())
        if (result.code, result.err.count("\n"), result.err[:7]) != (code, 1, "error: "):
            wrong.append((arguments, result))
    return wrong if everything(quaero) == before else [*wrong, "something was changed"]


def test_what_makes_no_sense_is_one_line_and_changes_nothing(quaero: Caller, desk: Desk) -> None:
    desk.open()
    assert quaero("run", str(desk.definition())).code == 0
    assert refusals(quaero, REFUSED) == []


def test_the_nearest_type_is_named(quaero: Caller, desk: Desk) -> None:
    for command in (("worker", "--types", "desk_jbo"), ("jobs", "limit", "--type", "desk_jbo", "3")):
        assert 'Did you mean "desk_job"?' in quaero(*command).err


def test_what_a_running_run_does_not_allow_is_one_line_and_changes_nothing(
    quaero: Caller, desk: Desk
) -> None:
    names = ("retry 1", "retry 3", "resume 1", "resume 3", "pause 3", "delete 1")
    with running("run", str(desk.definition())) as process:
        visitor = desk.next()
        cases = [*(f"jobs {name}" for name in names), "run desk --detach"]
        assert refusals(quaero, [(case, 2) for case in cases]) == []
        visitor.release()
        assert end_of(process).code == 0


def test_a_second_pause_is_refused(quaero: Caller, desk: Desk) -> None:
    assert quaero("run", str(desk.definition()), "--detach").code == 0
    assert quaero("jobs", "pause", "1").code == 0
    again = quaero("jobs", "pause", "1")
    assert (again.code, again.err.count("\n")) == (2, 1)
    assert status(quaero) == "paused"
